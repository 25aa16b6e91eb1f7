-- Made by npm run generate:sql.

-- findLogin
select `auth_sessions`.`id`, `auth_sessions`.`user_id`, `auth_sessions`.`last_seen_at`,
  `auth_sessions`.`expires_at`, `users`.`email`, `users`.`display_name`, `users`.`role`
from `auth_sessions`
inner join `users` on `users`.`id` = `auth_sessions`.`user_id`
where `auth_sessions`.`token_hash` = ? and `auth_sessions`.`revoked_at` is null
  and `users`.`disabled_at` is null;

-- findSessionLimit
select `max_concurrent_sessions`
from `users`
where `id` = ?;

-- findPasswordHash
select `password_hash`
from `users`
where `id` = ?;

-- insertUserWithLogin: sign-up is open
begin;
insert into `users` (`id`, `email`, `password_hash`, `display_name`, `disabled_at`, `created_at`,
  `display_name_skeleton`, `display_name_folded`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `auth_sessions` (`id`, `user_id`, `token_hash`, `created_at`, `last_seen_at`,
  `expires_at`, `revoked_at`, `client`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- insertUserWithLogin: by invitation
begin;
select `id`
from `invitations`
where `code_hash` = ? and (`invitations`.`revoked_at` is null
  and (`invitations`.`expires_at` is null or `invitations`.`expires_at` > ?)
  and `invitations`.`uses` < `invitations`.`max_uses`)
for update;
update `invitations`
set `uses` = `uses` + ?
where `id` = ?;
insert into `users` (`id`, `email`, `password_hash`, `display_name`, `disabled_at`, `created_at`,
  `display_name_skeleton`, `display_name_folded`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `auth_sessions` (`id`, `user_id`, `token_hash`, `created_at`, `last_seen_at`,
  `expires_at`, `revoked_at`, `client`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- insertLogin
begin;
select `password_hash`, `role`
from `users`
where `id` = ? and `disabled_at` is null
for update;
insert into `auth_sessions` (`id`, `user_id`, `token_hash`, `created_at`, `last_seen_at`,
  `expires_at`, `revoked_at`, `client`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- hasLoginFrom
select `id`
from `auth_sessions`
where `user_id` = ? and `client` = ?
limit ?;

-- slideLogin
update `auth_sessions`
set `last_seen_at` = ?
where `id` = ? and `last_seen_at` <= ? and `revoked_at` is null;

-- listLogins: first page
select `id`, `created_at`, `last_seen_at`, `expires_at`
from `auth_sessions`
where `user_id` = ? and `revoked_at` is null and `expires_at` > ? and `last_seen_at` > ?
order by `auth_sessions`.`created_at` desc, `auth_sessions`.`id` desc
limit ?;

-- listLogins: next page
select `id`, `created_at`, `last_seen_at`, `expires_at`
from `auth_sessions`
where `user_id` = ? and `revoked_at` is null and `expires_at` > ? and `last_seen_at` > ?
  and ((`auth_sessions`.`created_at` < ?) or (`auth_sessions`.`created_at` = ?
  and `auth_sessions`.`id` < ?))
order by `auth_sessions`.`created_at` desc, `auth_sessions`.`id` desc
limit ?;

-- revokeLoginByToken
begin;
select `id`, `user_id`
from `auth_sessions`
where `token_hash` = ? and `revoked_at` is null
for update;
update `auth_sessions`
set `revoked_at` = ?
where `id` in (?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- revokeOwnLogin
begin;
update `auth_sessions`
set `revoked_at` = ?
where `id` = ? and `user_id` = ? and `revoked_at` is null;
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- revokeOtherLogins
begin;
select `id`
from `auth_sessions`
where `user_id` = ? and `id` != ? and `revoked_at` is null
for update;
update `auth_sessions`
set `revoked_at` = ?
where `id` in (?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- changePassword
begin;
select `password_hash`, `role`
from `users`
where `id` = ? and `disabled_at` is null
for update;
update `auth_sessions`
set `token_hash` = ?, `token_replaced_at` = ?
where `id` = ? and `revoked_at` is null;
update `users`
set `password_hash` = ?
where `id` = ?;
select `id`
from `auth_sessions`
where `user_id` = ? and `id` != ? and `revoked_at` is null
for update;
update `auth_sessions`
set `revoked_at` = ?
where `id` in (?);
update `auth_sessions`
set `client` = ?
where `user_id` = ? and `id` != ?;
update `access_tokens`
set `revoked_at` = ?
where `user_id` = ? and `revoked_at` is null;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;

-- renameUser
begin;
select `display_name`
from `users`
where `id` = ?
for update;
update `users`
set `display_name` = ?, `display_name_skeleton` = ?, `display_name_folded` = ?
where `id` = ?;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- deleteExpiredLogins
begin;
delete from `auth_sessions`
where `expires_at` < ?
order by `expires_at`
limit ?;
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
commit;
