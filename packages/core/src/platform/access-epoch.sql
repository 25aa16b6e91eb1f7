-- Made by npm run generate:sql.

-- moveAccessEpoch
insert into `platform_state` (`name`, `value`, `updated_at`)
values (?, ?, ?)
on duplicate key update `value` = ?, `updated_at` = ?;
