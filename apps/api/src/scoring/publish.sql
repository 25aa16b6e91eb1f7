-- Made by npm run generate:sql.

-- publishScore
begin;
select `scored_at`
from `submissions`
where `id` = ? and `score_status` = ? and `lease_owner` = ?
for update;
select `id`
from `competitions`
where `id` = ? and `metric_version` = ? and `evaluation_split_version` = ? and `manifest_sha256` = ?
LOCK IN SHARE MODE;
select `id`
from `users`
where `id` = ?
for update;
select `id`, `primary_score`, `score_components`, `scorer_version`, `metric_version`,
  `evaluation_split_version`, `manifest_sha256`, `created_at`
from `submission_scores`
where `submission_id` = ? and `official_active` = ?
for update;
update `submission_scores`
set `is_official` = ?
where `id` = ?;
insert into `submission_scores` (`id`, `submission_id`, `competition_id`, `user_id`,
  `primary_score`, `score_components`, `scorer_version`, `metric_version`,
  `evaluation_split_version`, `manifest_sha256`, `is_official`, `created_at`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
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
    WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
      AND score.user_id = ? AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
    AND score.user_id = ? AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
insert into `leaderboard_entries` (`competition_id`, `evaluation_split_version`, `user_id`,
  `sort_score`, `primary_score`, `scored_at`, `submission_id`, `score_id`, `metric_version`,
  `entries`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on duplicate key update `competition_id` = ?, `evaluation_split_version` = ?, `user_id` = ?,
  `sort_score` = ?, `primary_score` = ?, `scored_at` = ?, `submission_id` = ?, `score_id` = ?,
  `metric_version` = ?, `entries` = ?;
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
    WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
      AND score.user_id = ? AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
    AND score.user_id = ? AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
insert into `leaderboard_entries` (`competition_id`, `evaluation_split_version`, `user_id`,
  `sort_score`, `primary_score`, `scored_at`, `submission_id`, `score_id`, `metric_version`,
  `entries`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on duplicate key update `competition_id` = ?, `evaluation_split_version` = ?, `user_id` = ?,
  `sort_score` = ?, `primary_score` = ?, `scored_at` = ?, `submission_id` = ?, `score_id` = ?,
  `metric_version` = ?, `entries` = ?;
update `submissions`
set `score_status` = ?, `score_error` = ?, `score_error_internal` = ?, `counts_against_cap` = ?,
  `scored_at` = ?, `lease_owner` = ?, `lease_expires_at` = ?
where `id` = ?;
commit;
