-- Made by npm run generate:sql.

-- requeueSubmission
begin;
select `competition_id`, `score_status`
from `submissions`
where `id` = ?
for update;
select `score`.`id`
from `submission_scores` as `score`
inner join `competitions` as `competition` on `competition`.`id` = `score`.`competition_id`
  and `competition`.`metric_version` = `score`.`metric_version`
  and `competition`.`evaluation_split_version` = `score`.`evaluation_split_version`
  and `competition`.`manifest_sha256` = `score`.`manifest_sha256`
where `score`.`submission_id` = ? and `score`.`official_active` = ? and `score`.`scorer_version` = ?;
update `submissions`
set `score_status` = ?, `score_error` = ?, `score_error_internal` = ?, `attempts` = ?,
  `not_before` = ?, `blocked_reason` = ?, `lease_owner` = ?, `lease_expires_at` = ?
where `id` = ?;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;
