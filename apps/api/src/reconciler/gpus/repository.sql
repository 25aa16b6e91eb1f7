-- Made by npm run generate:sql.

-- listGpuRows
select *
from `gpu_devices`
order by `id`;

-- recordGpus
update `gpu_devices`
set `uuid` = ?
where `id` in (?);
update `gpu_devices`
set `present` = ?, `uuid` = ?, `model` = ?, `health` = ?, `health_reason` = ?, `quarantine` = ?,
  `quarantined_at` = ?, `observed_at` = ?
where `id` = ?;

-- readHolders
select `gpu_id`, `id`
from `sessions`
where `gpu_active` = ?;

-- countEnded
select `gpu_id`, count(*) as `ended`
from `sessions`
where `gpu_active` is null
group by `gpu_id`;

-- setHolderReason
update `sessions`
set `status_reason` = ?, `version` = `version` + ?
where `gpu_id` = ? and `gpu_active` = ? and `status` = ?;
