-- Made by npm run generate:sql.

-- claimQueued: of submissions
SELECT `competition_id` AS group_id
FROM submissions FORCE INDEX (submissions_queue)
WHERE `score_status` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
ORDER BY created_at, id
LIMIT 1;
begin (read committed);
SELECT `id` AS submission_id, attempts
FROM submissions FORCE INDEX (submissions_waiting)
WHERE `score_status` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
  AND `competition_id` = ?
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
UPDATE `submissions`
SET `score_status` = 'scoring', attempts = ?, not_before = NULL, blocked_reason = NULL,
  lease_owner = ?, lease_expires_at = ?
WHERE `competition_id` = ? AND `id` = ?;
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `competitions` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;
commit;

-- claimQueued: of submissions, without some competitions
SELECT `competition_id` AS group_id
FROM submissions FORCE INDEX (submissions_waiting)
WHERE `score_status` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
  AND `competition_id` NOT IN (?, ?)
ORDER BY created_at, id
LIMIT 1;
begin (read committed);
SELECT `id` AS submission_id, attempts
FROM submissions FORCE INDEX (submissions_waiting)
WHERE `score_status` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
  AND `competition_id` = ?
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
UPDATE `submissions`
SET `score_status` = 'scoring', attempts = ?, not_before = NULL, blocked_reason = NULL,
  lease_owner = ?, lease_expires_at = ?
WHERE `competition_id` = ? AND `id` = ?;
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `competitions` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;
commit;

-- claimQueued: of a re-score
SELECT `run_id` AS group_id
FROM rescore_runs AS run
STRAIGHT_JOIN shadow_scores FORCE INDEX (shadow_scores_queue) ON shadow_scores.run_id = run.id
  AND run.status = 'open'
WHERE `state` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
ORDER BY run.created_at, run.id
LIMIT 1;
begin (read committed);
SELECT `submission_id` AS submission_id, attempts
FROM shadow_scores FORCE INDEX (shadow_scores_queue)
WHERE `state` = ? AND ( `not_before` IS NULL OR `not_before` <= ? OR `not_before` > ?)
  AND `run_id` = ?
ORDER BY submission_id
LIMIT 1
FOR UPDATE SKIP LOCKED;
UPDATE `shadow_scores`
SET `state` = 'scoring', attempts = ?, not_before = NULL, blocked_reason = NULL, lease_owner = ?,
  lease_expires_at = ?
WHERE `run_id` = ? AND `submission_id` = ?;
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `rescore_runs` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;
commit;

-- claimExpired
SELECT `competition_id` AS group_id
FROM submissions FORCE INDEX (submissions_queue)
WHERE `score_status` = ? AND ( `lease_expires_at` IS NULL OR `lease_expires_at` <= ?
  OR `lease_expires_at` > ?)
ORDER BY created_at, id
LIMIT 1;
begin (read committed);
SELECT `id` AS submission_id, attempts
FROM submissions FORCE INDEX (submissions_waiting)
WHERE `score_status` = ? AND ( `lease_expires_at` IS NULL OR `lease_expires_at` <= ?
  OR `lease_expires_at` > ?) AND `competition_id` = ?
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
UPDATE `submissions`
SET `score_status` = 'scoring', attempts = ?, not_before = NULL, blocked_reason = NULL,
  lease_owner = ?, lease_expires_at = ?
WHERE `competition_id` = ? AND `id` = ?;
select `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`competition_id`, `submissions`.`user_id`, `submissions`.`request_id`,
  `competitions`.`slug`, `target`.`bundle_version`, `target`.`metric_version`,
  `target`.`evaluation_split_version`, `target`.`manifest_sha256`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
inner join `competitions` as `target` on `target`.`id` = ?
where `submissions`.`id` = ?;
commit;

-- extendLease
UPDATE `submissions`
SET `lease_expires_at` = ?
WHERE `competition_id` = ? AND `id` = ? AND `score_status` = 'scoring' AND lease_owner = ?;

-- releaseClaim
UPDATE `submissions`
SET `score_status` = ?, `score_error_internal` = ?, `attempts` = ?, `not_before` = ?,
  `blocked_reason` = ?, `lease_owner` = ?, `lease_expires_at` = ?
WHERE `competition_id` = ? AND `id` = ? AND `score_status` = 'scoring' AND lease_owner = ?;

-- endClaim
UPDATE `submissions`
SET `score_status` = ?, `lease_owner` = ?, `lease_expires_at` = ?
WHERE `competition_id` = ? AND `id` = ? AND `score_status` = 'scoring' AND lease_owner = ?;
