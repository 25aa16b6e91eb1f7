-- Made by npm run generate:sql.

-- writeHeartbeat
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;

-- readReconcilerState
select `value`, `updated_at`
from `platform_state`
where `name` = ?;
