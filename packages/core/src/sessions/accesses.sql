-- Made by npm run generate:sql.

-- areAccessesClosed
select `value`, `updated_at`
from `platform_state`
where `name` = ?;

-- openAccesses
begin;
select `value`, `updated_at`
from `platform_state`
where `name` = ?
for update;
select max(`seen_at`) as `at`
from `session_accesses`;
select `sessions`.`id`, `auth_sessions`.`token_hash`, `auth_sessions`.`token_replaced_at`
from `sessions`
inner join `users` on (`users`.`id` = `sessions`.`user_id` or `users`.`role` = ?
  or `users`.`demoted_at` >= ?)
inner join `auth_sessions` on `auth_sessions`.`user_id` = `users`.`id`
where `sessions`.`gpu_active` = ? and `sessions`.`status` != ?
  and (`auth_sessions`.`revoked_at` is null or `auth_sessions`.`revoked_at` >= ?)
  and `auth_sessions`.`expires_at` >= ? and `auth_sessions`.`last_seen_at` >= ?;
replace into `session_accesses` (`token_hash`, `session_id`, `client`, `is_multiplexed`, `seen_at`)
values (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- closeAccesses
begin;
select `value`, `updated_at`
from `platform_state`
where `name` = ?
for update;
select max(`seen_at`) as `at`
from `session_accesses`;
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- assumeLostAccesses
begin;
select `value`, `updated_at`
from `platform_state`
where `name` = ?
for update;
select max(`seen_at`) as `at`
from `session_accesses`;
select `sessions`.`id`, `auth_sessions`.`token_hash`, `auth_sessions`.`token_replaced_at`
from `sessions`
inner join `users` on (`users`.`id` = `sessions`.`user_id` or `users`.`role` = ?
  or `users`.`demoted_at` >= ?)
inner join `auth_sessions` on `auth_sessions`.`user_id` = `users`.`id`
where `sessions`.`gpu_active` = ? and `sessions`.`status` != ?
  and (`auth_sessions`.`revoked_at` is null or `auth_sessions`.`revoked_at` >= ?)
  and `auth_sessions`.`expires_at` >= ? and `auth_sessions`.`last_seen_at` >= ?;
replace into `session_accesses` (`token_hash`, `session_id`, `client`, `is_multiplexed`, `seen_at`)
values (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;
