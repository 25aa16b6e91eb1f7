-- Made by npm run generate:sql.

-- insertAccessToken
begin;
select `id`
from `users`
where `id` = ?
for update;
select count(*) as `count`
from `access_tokens`
where `user_id` = ? and `revoked_at` is null and `expires_at` > ?;
insert into `access_tokens` (`id`, `user_id`, `name`, `token_hash`, `created_at`, `expires_at`)
values (?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- listAccessTokens: first page
select `id`, `name`, `created_at`, `expires_at`, `last_used_at`
from `access_tokens`
where `user_id` = ? and `revoked_at` is null and `expires_at` > ?
order by `access_tokens`.`created_at` desc, `access_tokens`.`id` desc
limit ?;

-- listAccessTokens: next page
select `id`, `name`, `created_at`, `expires_at`, `last_used_at`
from `access_tokens`
where `user_id` = ? and `revoked_at` is null and `expires_at` > ?
  and ((`access_tokens`.`created_at` < ?) or (`access_tokens`.`created_at` = ?
  and `access_tokens`.`id` < ?))
order by `access_tokens`.`created_at` desc, `access_tokens`.`id` desc
limit ?;

-- revokeAccessToken
begin;
update `access_tokens`
set `revoked_at` = ?
where `id` = ? and `user_id` = ? and `revoked_at` is null;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- findAccessToken
select `access_tokens`.`id`, `access_tokens`.`user_id`, `access_tokens`.`last_used_at`
from `access_tokens`
inner join `users` on `users`.`id` = `access_tokens`.`user_id`
where `access_tokens`.`token_hash` = ? and `access_tokens`.`revoked_at` is null
  and `access_tokens`.`expires_at` > ? and `users`.`disabled_at` is null;

-- noteAccessTokenUse
update `access_tokens`
set `last_used_at` = ?
where `id` = ?;
