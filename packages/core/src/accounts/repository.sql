-- Made by npm run generate:sql.

-- listUsers: first page
select `users`.`id`, `users`.`email`, `users`.`display_name`, `users`.`role`,
  `users`.`max_concurrent_sessions`, `users`.`cpu_limit`, `users`.`memory_limit_bytes`,
  `users`.`shm_limit_bytes`, `users`.`storage_limit_bytes`, `storage_usage`.`used_bytes`,
  `storage_usage`.`snapshots_bytes`, `users`.`created_at`, `users`.`disabled_at`, (
  select count(*) as `count`
  from `sessions`
  where `sessions`.`user_id` = `users`.`id` and `sessions`.`gpu_active` = ?
) as `active_sessions`
from `users`
left join `storage_usage` on `storage_usage`.`user_id` = `users`.`id`
order by `users`.`created_at` desc, `users`.`id` desc
limit ?;

-- listUsers: by a part of a name, next page
select `users`.`id`, `users`.`email`, `users`.`display_name`, `users`.`role`,
  `users`.`max_concurrent_sessions`, `users`.`cpu_limit`, `users`.`memory_limit_bytes`,
  `users`.`shm_limit_bytes`, `users`.`storage_limit_bytes`, `storage_usage`.`used_bytes`,
  `storage_usage`.`snapshots_bytes`, `users`.`created_at`, `users`.`disabled_at`, (
  select count(*) as `count`
  from `sessions`
  where `sessions`.`user_id` = `users`.`id` and `sessions`.`gpu_active` = ?
) as `active_sessions`
from `users`
left join `storage_usage` on `storage_usage`.`user_id` = `users`.`id`
where (`users`.`email` like ? or LOWER(users.display_name) like ?) and ((`users`.`created_at` < ?)
  or (`users`.`created_at` = ? and `users`.`id` < ?))
order by `users`.`created_at` desc, `users`.`id` desc
limit ?;

-- findUser
select `users`.`id`, `users`.`email`, `users`.`display_name`, `users`.`role`,
  `users`.`max_concurrent_sessions`, `users`.`cpu_limit`, `users`.`memory_limit_bytes`,
  `users`.`shm_limit_bytes`, `users`.`storage_limit_bytes`, `storage_usage`.`used_bytes`,
  `storage_usage`.`snapshots_bytes`, `users`.`created_at`, `users`.`disabled_at`, (
  select count(*) as `count`
  from `sessions`
  where `sessions`.`user_id` = `users`.`id` and `sessions`.`gpu_active` = ?
) as `active_sessions`
from `users`
left join `storage_usage` on `storage_usage`.`user_id` = `users`.`id`
where `users`.`id` = ?;

-- findUserByEmail
select *
from `users`
where `email` = ?;

-- lockUser
select `max_concurrent_sessions`, `storage_limit_bytes`, `disabled_at`
from `users`
where `id` = ?
for update;

-- lockUserAndAdmins
select `id`
from `users`
where `role` = ? and `disabled_at` is null
order by `id`
for update;
select *
from `users`
where `id` = ?
for update;

-- updateUser
update `users`
set `role` = ?, `max_concurrent_sessions` = ?, `disabled_at` = ?
where `id` = ?;

-- revokeAccessTokensOf
update `access_tokens`
set `revoked_at` = ?
where `user_id` = ? and `revoked_at` is null;

-- revokeLoginsOf
update `auth_sessions`
set `revoked_at` = ?
where `user_id` = ? and `revoked_at` is null;
update `auth_sessions`
set `client` = ?
where `user_id` = ?;
update `access_tokens`
set `revoked_at` = ?
where `user_id` = ? and `revoked_at` is null;
