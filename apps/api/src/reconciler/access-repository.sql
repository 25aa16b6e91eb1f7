-- Made by npm run generate:sql.

-- listEndedAccesses
select `session_accesses`.`id`, `session_accesses`.`session_id`, `session_accesses`.`client`,
  `session_accesses`.`is_multiplexed`, `session_accesses`.`seen_at`, `sessions`.`slug`,
  `sessions`.`status`
from `session_accesses`
inner join `sessions` on `sessions`.`id` = `session_accesses`.`session_id`
left join `auth_sessions` on `auth_sessions`.`token_hash` = `session_accesses`.`token_hash`
  and `auth_sessions`.`revoked_at` is null and `auth_sessions`.`expires_at` > ?
  and `auth_sessions`.`last_seen_at` > ?
left join `users` on `users`.`id` = `auth_sessions`.`user_id` and `users`.`disabled_at` is null
  and (`users`.`id` = `sessions`.`user_id` or `users`.`role` = ?)
where (`users`.`id` is null or `sessions`.`status` in (?, ?));

-- listLastUses
select `client_key`, max(`id`) as `id`,
  max(case when `is_multiplexed` = ? then `id` end) as `exclusive_id`
from `session_accesses`
where `client_key` in (?, ?)
group by `client_key`;

-- listKnownAccesses
select `id`, `client_key` as `client`
from `session_accesses`
where `client` is not null
order by `id`
limit ?;

-- areAccessesMany
select `id`
from `session_accesses`
order by `id`
limit ? offset ?;

-- deleteAccesses
begin;
delete from `session_accesses`
where `id` in (?, ?);
commit;

-- deleteUnknownAccesses
begin;
delete from `session_accesses`
where `session_id` in (?, ?) and `client` is null and `seen_at` < ?;
commit;
