-- Made by npm run generate:sql.

-- switchOfficialScores
UPDATE submission_scores AS score
LEFT JOIN shadow_scores AS shadow ON shadow.run_id = ?
  AND shadow.submission_id = score.submission_id AND shadow.state = 'scored'
  AND shadow.primary_score = score.primary_score
  AND shadow.score_components = score.score_components
  AND shadow.scorer_version = score.scorer_version AND score.metric_version = ?
  AND score.evaluation_split_version = ? AND score.manifest_sha256 = ?
SET score.is_official = 0
WHERE score.competition_id = ? AND score.is_official = 1 AND shadow.run_id IS NULL;
INSERT INTO submission_scores ( id, submission_id, competition_id, user_id, primary_score,
  score_components, scorer_version, metric_version, evaluation_split_version, manifest_sha256,
  is_official, created_at) SELECT shadow.score_id, shadow.submission_id, submissions.competition_id,
  submissions.user_id, shadow.primary_score, shadow.score_components,
  shadow.scorer_version, ?, ?, ?, 1, COALESCE(submissions.scored_at, shadow.scored_at)
FROM shadow_scores AS shadow
JOIN submissions ON submissions.id = shadow.submission_id
LEFT JOIN submission_scores AS kept ON kept.submission_id = shadow.submission_id
  AND kept.official_active = 1
WHERE shadow.run_id = ? AND shadow.state = 'scored' AND kept.id IS NULL;
