-- Made by npm run generate:sql.

-- switchBoard
begin;
select `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?
for update;
select `status`
from `rescore_runs`
where `id` = ?
for update;
select `score`.`id`
from `submission_scores` as `score`
left join `shadow_scores` as `shadow` on `shadow`.`submission_id` = `score`.`submission_id`
  and `shadow`.`run_id` = ? and `shadow`.`state` in (?, ?)
where `score`.`competition_id` = ? and `score`.`is_official` = ? and `shadow`.`run_id` is null
limit ?
LOCK IN SHARE MODE;
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
UPDATE submissions
JOIN shadow_scores AS shadow ON shadow.submission_id = submissions.id AND shadow.run_id = ?
SET submissions.score_status = 'failed',
  submissions.score_error = IF(shadow.state = 'failed', ?, ?),
  submissions.score_error_internal = shadow.reason, submissions.counts_against_cap = 0
WHERE shadow.state IN ('invalid', 'failed') AND submissions.score_status = 'scored';
UPDATE submissions
JOIN shadow_scores AS shadow ON shadow.submission_id = submissions.id AND shadow.run_id = ?
SET submissions.score_status = 'scored', submissions.score_error = NULL,
  submissions.score_error_internal = NULL, submissions.counts_against_cap = 1,
  submissions.scored_at = COALESCE(submissions.scored_at, shadow.scored_at)
WHERE shadow.state = 'scored' AND submissions.score_status = 'failed';
update `competitions`
set `title` = ?, `bundle_version` = ?, `metric_version` = ?, `evaluation_split_version` = ?,
  `manifest_sha256` = ?, `notice` = ?, `notice_at` = ?
where `id` = ?;
select `higher_is_better`
from `competitions`
where `id` = ?;
SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
  submission_id, score_id, metric_version, entries
FROM (
  SELECT score.competition_id, score.evaluation_split_version, score.user_id,
    0 - score.primary_score AS sort_score, score.primary_score, score.created_at AS scored_at,
    score.submission_id, score.id AS score_id, score.metric_version, person.entries,
    ROW_NUMBER() OVER ( PARTITION BY score.evaluation_split_version,
    score.user_id ORDER BY score.created_at, score.submission_id) AS place
  FROM (
    SELECT score.evaluation_split_version, score.user_id, MAX(score.primary_score) AS best,
      COUNT(*) AS entries
    FROM submission_scores AS score FORCE INDEX (submission_scores_board)
    WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
delete from `leaderboard_entries`
where `competition_id` = ?;
insert into `leaderboard_entries` (`competition_id`, `evaluation_split_version`, `user_id`,
  `sort_score`, `primary_score`, `scored_at`, `submission_id`, `score_id`, `metric_version`,
  `entries`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
update `rescore_runs`
set `status` = ?, `ended_at` = ?
where `id` = ? and `status` = ?;
delete from `shadow_scores`
where `run_id` = ?;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;
