-- Made by npm run generate:sql.

-- findForWork
select `sessions`.*, `packs`.`image_ref`, `packs`.`image_digest`,
  `gpu_devices`.`uuid` as `gpu_uuid`, `users`.`cpu_limit`, `users`.`memory_limit_bytes`,
  `users`.`shm_limit_bytes`
from `sessions`
inner join `packs` on `packs`.`id` = `sessions`.`pack_id`
inner join `gpu_devices` on `gpu_devices`.`id` = `sessions`.`gpu_id`
inner join `users` on `users`.`id` = `sessions`.`user_id`
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
