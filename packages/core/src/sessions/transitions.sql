-- Made by npm run generate:sql.

-- listActive
select `id`, `slug`, `status`, `container_id`, `failed_at`, `next_attempt_at`, `deadline_at`
from `sessions`
where `gpu_active` = ?
order by `created_at`;

-- lockById
select *
from `sessions`
where `id` = ?
for update;

-- recordStep
begin;
select `id`
from `sessions`
where `id` = ?
for update;
insert into `session_events` (`session_id`, `kind`, `step`, `duration_ms`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- recordStepIn
insert into `session_events` (`session_id`, `kind`, `step`, `duration_ms`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);

-- updateFacts
update `sessions`
set `status_reason` = ?, `version` = ?
where `id` = ? and `status` = ? and `version` = ?;

-- recordTransition
begin;
update `sessions`
set `status_reason` = ?, `status` = ?, `version` = ?, `attempts` = ?, `next_attempt_at` = ?
where `id` = ? and `status` = ? and `version` = ?;
insert into `session_events` (`session_id`, `request_id`, `at`, `kind`, `step`, `duration_ms`,
  `from_status`, `to_status`, `reason`)
values (?, ?, ?, ?, ?, ?, default, default, default), (?, ?, ?, ?, default, default, ?, ?, ?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- recordTransitionIn
update `sessions`
set `status_reason` = ?, `status` = ?, `version` = ?, `attempts` = ?, `next_attempt_at` = ?
where `id` = ? and `status` = ? and `version` = ?;
insert into `session_events` (`session_id`, `request_id`, `at`, `kind`, `step`, `duration_ms`,
  `from_status`, `to_status`, `reason`)
values (?, ?, ?, ?, ?, ?, default, default, default), (?, ?, ?, ?, default, default, ?, ?, ?);
