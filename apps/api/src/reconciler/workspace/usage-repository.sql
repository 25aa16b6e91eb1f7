-- Made by npm run generate:sql.

-- listUsage
select `user_id`, `used_bytes`
from `storage_usage`;

-- saveUsage
insert into `storage_usage` (`user_id`, `used_bytes`, `snapshots_bytes`, `measured_at`)
values (?, ?, ?, ?)
on duplicate key update `used_bytes` = ?, `snapshots_bytes` = ?, `measured_at` = ?;
