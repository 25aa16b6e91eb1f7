-- Made by npm run generate:sql.

-- findById
select *
from `sessions`
where `id` = ?;

-- findCurrent
select *
from `sessions`
where `user_id` = ? and `status` in (?, ?, ?)
order by `created_at` desc, `id` desc
limit ?;

-- countActive
select count(*) as `active`
from `sessions`
where `user_id` = ? and `gpu_active` = ?;

-- findNthLaunch
select `created_at`
from `sessions`
where `user_id` = ? and `created_at` > ? and `created_at` <= ?
order by `created_at` desc
limit ? offset ?;

-- findStorageUsage
select `used_bytes`, `snapshots_bytes`
from `storage_usage`
where `user_id` = ?;

-- listByUser: first page
select *
from `sessions`
where `user_id` = ?
order by `sessions`.`created_at` desc, `sessions`.`id` desc
limit ?;

-- listByUser: next page
select *
from `sessions`
where `user_id` = ? and ((`sessions`.`created_at` < ?) or (`sessions`.`created_at` = ?
  and `sessions`.`id` < ?))
order by `sessions`.`created_at` desc, `sessions`.`id` desc
limit ?;

-- searchSessions: first page
select `sessions`.*, `users`.`email` as `user_email`, `users`.`display_name` as `user_display_name`
from `sessions`
inner join `users` on `users`.`id` = `sessions`.`user_id`
order by `sessions`.`created_at` desc, `sessions`.`id` desc
limit ?;

-- searchSessions: active ones
select `sessions`.*, `users`.`email` as `user_email`, `users`.`display_name` as `user_display_name`
from `sessions`
inner join `users` on `users`.`id` = `sessions`.`user_id`
where `sessions`.`status` in (?, ?, ?)
order by `sessions`.`created_at` desc, `sessions`.`id` desc
limit ?;

-- searchSessions: next page, of a person and status
select `sessions`.*, `users`.`email` as `user_email`, `users`.`display_name` as `user_display_name`
from `sessions`
inner join `users` on `users`.`id` = `sessions`.`user_id`
where `sessions`.`user_id` = ? and `sessions`.`status` = ? and ((`sessions`.`created_at` < ?)
  or (`sessions`.`created_at` = ? and `sessions`.`id` < ?))
order by `sessions`.`created_at` desc, `sessions`.`id` desc
limit ?;

-- lockFreeGpu: one is free
select `gpu`.`id`
from `gpu_devices` as `gpu`
where `gpu`.`enabled` = ? and `gpu`.`present` = ? and `gpu`.`health` = ? and not exists (
  select `sessions`.`id`
  from `sessions`
  where `sessions`.`gpu_id` = `gpu`.`id` and `sessions`.`gpu_active` = ?
)
order by `gpu`.`id`
limit ?
for update skip locked;

-- lockFreeGpu: none is free that nobody has locked
select `gpu`.`id`
from `gpu_devices` as `gpu`
where `gpu`.`enabled` = ? and `gpu`.`present` = ? and `gpu`.`health` = ? and not exists (
  select `sessions`.`id`
  from `sessions`
  where `sessions`.`gpu_id` = `gpu`.`id` and `sessions`.`gpu_active` = ?
)
order by `gpu`.`id`
limit ?
for update skip locked;
select `gpu`.`id`
from `gpu_devices` as `gpu`
where `gpu`.`enabled` = ? and `gpu`.`present` = ? and `gpu`.`health` = ? and not exists (
  select `sessions`.`id`
  from `sessions`
  where `sessions`.`gpu_id` = `gpu`.`id` and `sessions`.`gpu_active` = ?
)
order by `gpu`.`id`
limit ?
for update;

-- insertSession
insert into `sessions` (`id`, `user_id`, `tier`, `pack_id`, `status`, `gpu_id`, `slug`,
  `workspace_zfs`, `workspace_quota_bytes`, `created_at`, `request_id`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
insert into `session_events` (`kind`, `to_status`, `session_id`, `request_id`, `at`, `step`,
  `duration_ms`)
values (?, ?, ?, ?, ?, default, default), (?, default, ?, ?, ?, ?, ?);

-- findPack
select `tier`, `status`
from `packs`
where `id` = ?;

-- listEvents
select *
from `session_events`
where `session_id` = ? and `id` > ?
order by `id`;

-- hasEvents
select `id`
from `session_events`
where `session_id` = ? and `id` > ?
limit ?;

-- listDurations
select `duration_ms`
from `session_events`
where `step` = ? and `duration_ms` is not null
order by `id` desc
limit ?;

-- readAccess
SELECT 'epoch' AS kind, value AS name, NULL AS id, NULL AS user_id, NULL AS state,
  NULL AS last_seen_at, NULL AS expires_at
FROM platform_state
WHERE name = 'epoch'
UNION ALL SELECT 'session', slug, id, user_id, status, NULL, NULL
FROM sessions FORCE INDEX (sessions_slug)
WHERE slug IN (?, ?) AND status IN ('starting', 'running')
UNION ALL SELECT 'login', LOWER(HEX(auth_sessions.token_hash)), auth_sessions.id,
  auth_sessions.user_id, users.role, auth_sessions.last_seen_at, auth_sessions.expires_at
FROM auth_sessions
INNER JOIN users ON users.id = auth_sessions.user_id
WHERE auth_sessions.token_hash IN (?, ?) AND auth_sessions.revoked_at IS NULL
  AND users.disabled_at IS NULL;

-- readAccessEpoch
select `value`
from `platform_state`
where `name` = ?;

-- replaceAccesses
begin;
replace into `session_accesses` (`token_hash`, `session_id`, `client`, `is_multiplexed`, `seen_at`)
values (?, ?, ?, ?, ?);
commit;
