-- Made by npm run generate:sql.

-- lockGpu
select *
from `gpu_devices`
where `id` = ?
for update;

-- updateGpu
update `gpu_devices`
set `enabled` = ?, `disabled_reason` = ?, `cleared_at` = ?
where `id` = ?;

-- listGpus
select `gpu`.*, `session`.`id` as `session_id`, `session`.`slug`, `session`.`status`,
  `session`.`created_at`, `user`.`id` as `user_id`, `user`.`email`, (
  select max(`access`.`seen_at`) as `at`
  from `session_accesses` as `access`
  where `access`.`session_id` = `session`.`id` and `access`.`client` is not null
) as `last_entered_at`
from `gpu_devices` as `gpu`
left join `sessions` as `session` on `session`.`gpu_id` = `gpu`.`id` and `session`.`gpu_active` = ?
left join `users` as `user` on `user`.`id` = `session`.`user_id`
order by `gpu`.`id`;
