-- Made by npm run generate:sql.

-- writeWorkerHeartbeat
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
delete from `platform_state`
where `name` like ? and `updated_at` < ?;

-- removeWorkerHeartbeat
delete from `platform_state`
where `name` = ?;

-- listWorkers
select `name`, `updated_at`
from `platform_state`
where `name` like ?
order by `name`;
