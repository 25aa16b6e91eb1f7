-- Made by npm run generate:sql.

-- readOccupancy
select (
  select count(*) as `count`
  from `gpu_devices` as `gpu`
  where `gpu`.`enabled` = ? and `gpu`.`present` = ? and `gpu`.`health` = ?
) as `total`, (
  select count(*) as `count`
  from `gpu_devices` as `gpu`
  where `gpu`.`enabled` = ? and `gpu`.`present` = ? and `gpu`.`health` = ? and not exists (
    select `sessions`.`id`
    from `sessions`
    where `sessions`.`gpu_id` = `gpu`.`id` and `sessions`.`gpu_active` = ?
  )
) as `free`, (
  select count(*) as `count`
  from `sessions`
  where `gpu_active` = ?
) as `active`;

-- countSessions
select `status`, count(*) as `count`
from `sessions`
where `gpu_active` = ?
group by `status`;

-- readQueue
select `score_status`, count(*) as `count`, min(`created_at`) as `oldest`
from `submissions`
where `score_status` in (?, ?)
group by `score_status`;
select count(*) as `count`
from `submissions`
where `score_status` = ? and `created_at` > ?;

-- countUsers
select count(*) as `total`, COALESCE(SUM(role = 'admin' AND disabled_at IS NULL), 0) as `admins`,
  COALESCE(SUM(disabled_at IS NOT NULL), 0) as `disabled`
from `users`;

-- readDatabaseVersions
SELECT VERSION() AS version, (
  SELECT MAX(name)
  FROM kysely_migration
) AS migration;

-- listCompetitionVersions
select `slug`, `metric_version`, `evaluation_split_version`, `manifest_sha256`, `holdout_kind`,
  `bundle_version`
from `competitions`
order by `slug`;

-- listAuditEvents: first page
select `event`.*, `actor`.`email` as `actor_email`
from `audit_events` as `event`
left join `users` as `actor` on `actor`.`id` = `event`.`actor_user_id`
order by `event`.`id` desc
limit ?;

-- listAuditEvents: next page, of what somebody did to a subject
select `event`.*, `actor`.`email` as `actor_email`
from `audit_events` as `event`
left join `users` as `actor` on `actor`.`id` = `event`.`actor_user_id`
where `event`.`action` = ? and `event`.`subject` = ? and `event`.`actor_user_id` = ?
  and ((`event`.`id` < ?))
order by `event`.`id` desc
limit ?;
