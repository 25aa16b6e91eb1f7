-- Made by npm run generate:sql.

-- isInvitationUsable
select `id`
from `invitations`
where `code_hash` = ? and (`invitations`.`revoked_at` is null
  and (`invitations`.`expires_at` is null or `invitations`.`expires_at` > ?)
  and `invitations`.`uses` < `invitations`.`max_uses`);

-- takeInvitation
select `id`
from `invitations`
where `code_hash` = ? and (`invitations`.`revoked_at` is null
  and (`invitations`.`expires_at` is null or `invitations`.`expires_at` > ?)
  and `invitations`.`uses` < `invitations`.`max_uses`)
for update;
update `invitations`
set `uses` = `uses` + ?
where `id` = ?;

-- insertInvitation
begin;
insert into `invitations` (`id`, `code_hash`, `note`, `max_uses`, `created_by`, `created_at`,
  `expires_at`, `revoked_at`)
values (?, ?, ?, ?, ?, ?, ?, ?);
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;

-- findInvitation
select `invitations`.`id`, `invitations`.`note`, `invitations`.`max_uses`, `invitations`.`uses`,
  `invitations`.`created_at`, `invitations`.`expires_at`, `invitations`.`revoked_at`,
  `users`.`email`
from `invitations`
left join `users` on `users`.`id` = `invitations`.`created_by`
where `invitations`.`id` = ?;

-- listInvitations: first page
select `invitations`.`id`, `invitations`.`note`, `invitations`.`max_uses`, `invitations`.`uses`,
  `invitations`.`created_at`, `invitations`.`expires_at`, `invitations`.`revoked_at`,
  `users`.`email`
from `invitations`
left join `users` on `users`.`id` = `invitations`.`created_by`
order by `invitations`.`created_at` desc, `invitations`.`id` desc
limit ?;

-- listInvitations: next page
select `invitations`.`id`, `invitations`.`note`, `invitations`.`max_uses`, `invitations`.`uses`,
  `invitations`.`created_at`, `invitations`.`expires_at`, `invitations`.`revoked_at`,
  `users`.`email`
from `invitations`
left join `users` on `users`.`id` = `invitations`.`created_by`
where ((`invitations`.`created_at` < ?) or (`invitations`.`created_at` = ?
  and `invitations`.`id` < ?))
order by `invitations`.`created_at` desc, `invitations`.`id` desc
limit ?;

-- revokeInvitation
begin;
select `revoked_at`
from `invitations`
where `id` = ?
for update;
update `invitations`
set `revoked_at` = ?
where `id` = ?;
insert into `audit_events` (`actor_user_id`, `action`, `subject`, `detail`, `request_id`, `at`)
values (?, ?, ?, ?, ?, ?);
commit;
