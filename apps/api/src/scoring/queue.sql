-- Made by npm run generate:sql.

-- claimQueued: nothing on hold
SELECT competition_id
FROM submissions FORCE INDEX (submissions_queue)
WHERE score_status = 'queued' AND ( lease_expires_at IS NULL OR lease_expires_at <= ?
  OR lease_expires_at > ?)
ORDER BY created_at, id
LIMIT 1;
begin (read committed);
SELECT `id`, `competition_id`, `user_id`, `stored_name`, `size_bytes`, `sha256`, `attempts`,
  `request_id`
FROM submissions FORCE INDEX (submissions_waiting)
WHERE score_status = 'queued' AND competition_id = ? AND ( lease_expires_at IS NULL
  OR lease_expires_at <= ? OR lease_expires_at > ?)
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
update `submissions`
set `score_status` = ?, `lease_owner` = ?, `lease_expires_at` = ?, `attempts` = ?
where `id` = ?;
select `slug`, `bundle_version`, `metric_version`, `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?;
commit;

-- claimQueued: some competitions on hold
SELECT competition_id
FROM submissions FORCE INDEX (submissions_waiting)
WHERE score_status = 'queued' AND competition_id NOT IN (?, ?) AND ( lease_expires_at IS NULL
  OR lease_expires_at <= ? OR lease_expires_at > ?)
ORDER BY created_at, id
LIMIT 1;
begin (read committed);
SELECT `id`, `competition_id`, `user_id`, `stored_name`, `size_bytes`, `sha256`, `attempts`,
  `request_id`
FROM submissions FORCE INDEX (submissions_waiting)
WHERE score_status = 'queued' AND competition_id = ? AND ( lease_expires_at IS NULL
  OR lease_expires_at <= ? OR lease_expires_at > ?)
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
update `submissions`
set `score_status` = ?, `lease_owner` = ?, `lease_expires_at` = ?, `attempts` = ?
where `id` = ?;
select `slug`, `bundle_version`, `metric_version`, `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?;
commit;

-- claimExpired
begin (read committed);
select `id`, `competition_id`, `user_id`, `stored_name`, `size_bytes`, `sha256`, `attempts`,
  `request_id`
from `submissions`
where `score_status` = ? and ( lease_expires_at IS NULL OR lease_expires_at <= ?
  OR lease_expires_at > ?)
limit ?
for update skip locked;
update `submissions`
set `score_status` = ?, `lease_owner` = ?, `lease_expires_at` = ?, `attempts` = ?
where `id` = ?;
select `slug`, `bundle_version`, `metric_version`, `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?;
commit;

-- inShortTransaction
begin (read committed);
commit;

-- extendLease
update `submissions`
set `lease_expires_at` = ?
where `id` = ? and `score_status` = ? and `lease_owner` = ?;

-- releaseClaim
update `submissions`
set `score_status` = ?, `lease_owner` = ?, `lease_expires_at` = ?, `score_error_internal` = ?,
  `attempts` = ?
where `id` = ? and `score_status` = ? and `lease_owner` = ?;

-- failClaim
update `submissions`
set `score_error_internal` = ?, `lease_owner` = ?, `lease_expires_at` = ?, `score_status` = ?,
  `score_error` = ?
where `id` = ? and `score_status` = ? and `lease_owner` = ? and exists (
  select `score`.`id`
  from `submission_scores` as `score`
  where `score`.`submission_id` = `submissions`.`id` and `score`.`official_active` = ?
);
