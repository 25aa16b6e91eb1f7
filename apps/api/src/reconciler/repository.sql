-- Made by npm run generate:sql.

-- findForWork
select `sessions`.*, `packs`.`image_ref`, `packs`.`image_digest`, `gpu_devices`.`uuid` as `gpu_uuid`
from `sessions`
inner join `packs` on `packs`.`id` = `sessions`.`pack_id`
inner join `gpu_devices` on `gpu_devices`.`id` = `sessions`.`gpu_id`
where `sessions`.`id` = ?;

-- recordRetry
update `sessions`
set `attempts` = ?, `next_attempt_at` = ?, `version` = `version` + ?, `status_reason` = ?
where `id` = ? and `status` = ?;

-- listEndedWorkspaces
select `workspace_zfs`
from `sessions`
where `id` in (?, ?) and `workspace_zfs` in (?, ?) and `gpu_active` is null
order by `stopped_at`;

-- listEndedLogins
select `auth_sessions`.`id`, `auth_sessions`.`user_id`, `users`.`role`
from `auth_sessions`
inner join `users` on `users`.`id` = `auth_sessions`.`user_id`
where `auth_sessions`.`revoked_at` >= ?;
select `auth_sessions`.`id`, `auth_sessions`.`user_id`, `users`.`role`
from `auth_sessions`
inner join `users` on `users`.`id` = `auth_sessions`.`user_id`
where `auth_sessions`.`revoked_at` is null and `auth_sessions`.`expires_at` >= ?
  and `auth_sessions`.`expires_at` <= ? and `auth_sessions`.`last_seen_at` >= ?;
select `auth_sessions`.`id`, `auth_sessions`.`user_id`, `users`.`role`
from `auth_sessions`
inner join `users` on `users`.`id` = `auth_sessions`.`user_id`
where `auth_sessions`.`revoked_at` is null and `auth_sessions`.`last_seen_at` >= ?
  and `auth_sessions`.`last_seen_at` <= ? and `auth_sessions`.`expires_at` >= ?;

-- listPasswordChanges
select `audit_events`.`id`, `users`.`id` as `user_id`, `users`.`role`
from `audit_events`
inner join `users` on `users`.`id` = `audit_events`.`actor_user_id`
where `audit_events`.`at` >= ? and `audit_events`.`action` = ?;

-- listDemotions
select `id`
from `audit_events`
where `at` >= ? and `action` = ? and `detail` like ?;

-- findSocketsMark
select `updated_at`
from `platform_state`
where `name` = ?;

-- saveSocketsMark
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;

-- listRunningSlugs: of everybody
select `slug`
from `sessions`
where `gpu_active` = ? and `status` = ?;

-- listRunningSlugs: of some people
select `slug`
from `sessions`
where `gpu_active` = ? and `status` = ? and `user_id` in (?, ?);
