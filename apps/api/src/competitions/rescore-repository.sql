-- Made by npm run generate:sql.

-- findOpenRun
select *
from `rescore_runs`
where `competition_id` = ? and `status` = ?;

-- findLastEnded
select `status`, `ended_at`
from `rescore_runs`
where `competition_id` = ? and `ended_at` is not null
order by `ended_at` desc
limit ?;

-- insertRun
insert ignore into `rescore_runs` (`id`, `competition_id`, `bundle_version`, `metric_version`,
  `evaluation_split_version`, `manifest_sha256`, `wanted`, `wanted_by`, `created_at`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- wantOfRun
update `rescore_runs`
set `wanted` = ?, `wanted_by` = ?, `note` = ?
where `id` = ? and `status` = ?;
