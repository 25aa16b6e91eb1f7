-- Made by npm run generate:sql.

-- readClaimedFile: for its competition
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `competitions` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;

-- readClaimedFile: for a re-score
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `rescore_runs` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;

-- failSubmission
UPDATE submissions
LEFT JOIN submission_scores AS score ON score.submission_id = submissions.id
  AND score.official_active = 1
SET submissions.score_status = IF(score.id IS NULL, 'failed', 'scored'),
  submissions.score_error = IF(score.id IS NULL, ?, NULL), submissions.score_error_internal = ?,
  submissions.counts_against_cap = IF(score.id IS NULL, 0, submissions.counts_against_cap),
  submissions.lease_owner = NULL, submissions.lease_expires_at = NULL
WHERE submissions.id = ? AND submissions.score_status = 'scoring' AND submissions.lease_owner = ?;
