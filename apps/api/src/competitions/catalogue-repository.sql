-- Made by npm run generate:sql.

-- listCompetitions: first page
select `competitions`.`slug`, `competitions`.`title`, `competitions`.`competition_tier`,
  `competitions`.`metric`, `competitions`.`metric_version`, `competitions`.`scoring_mode`,
  `competitions`.`leaderboard_rule`, `competitions`.`evaluation_policy`,
  `competitions`.`competition_spec_version`, `competitions`.`is_permanent`,
  `competitions`.`submission_cap_per_day`, (
  select count(*) as `count`
  from `leaderboard_entries` as `entry`
  where `entry`.`competition_id` = `competitions`.`id`
    and `entry`.`evaluation_split_version` = `competitions`.`evaluation_split_version`
) as `entrants`
from `competitions`
where `competition_tier` = ?
order by `slug` asc
limit ?;

-- listCompetitions: next page
select `competitions`.`slug`, `competitions`.`title`, `competitions`.`competition_tier`,
  `competitions`.`metric`, `competitions`.`metric_version`, `competitions`.`scoring_mode`,
  `competitions`.`leaderboard_rule`, `competitions`.`evaluation_policy`,
  `competitions`.`competition_spec_version`, `competitions`.`is_permanent`,
  `competitions`.`submission_cap_per_day`, (
  select count(*) as `count`
  from `leaderboard_entries` as `entry`
  where `entry`.`competition_id` = `competitions`.`id`
    and `entry`.`evaluation_split_version` = `competitions`.`evaluation_split_version`
) as `entrants`
from `competitions`
where `competition_tier` = ? and ((`slug` > ?))
order by `slug` asc
limit ?;

-- findCompetition
select `id`, `slug`, `status`, `metric_version`, `secondary_metrics`, `higher_is_better`,
  `evaluation_split_version`, `manifest_sha256`, `bundle_version`
from `competitions`
where `slug` = ? and `competition_tier` = ?;

-- describeCompetition
select `competitions`.`slug`, `competitions`.`title`, `competitions`.`competition_tier`,
  `competitions`.`metric`, `competitions`.`metric_version`, `competitions`.`scoring_mode`,
  `competitions`.`leaderboard_rule`, `competitions`.`evaluation_policy`,
  `competitions`.`competition_spec_version`, `competitions`.`is_permanent`,
  `competitions`.`submission_cap_per_day`, (
  select count(*) as `count`
  from `leaderboard_entries` as `entry`
  where `entry`.`competition_id` = `competitions`.`id`
    and `entry`.`evaluation_split_version` = `competitions`.`evaluation_split_version`
) as `entrants`, `competitions`.`description`, `competitions`.`status`,
  `competitions`.`higher_is_better`, `competitions`.`rules`, `competitions`.`holdout_kind`,
  `competitions`.`evaluation_split_version`, `competitions`.`holdout_rows`, `competitions`.`notice`,
  `competitions`.`notice_at`, `datasets`.`slug` as `dataset_slug`,
  `datasets`.`title` as `dataset_title`
from `competitions`
inner join `datasets` on `datasets`.`id` = `competitions`.`dataset_id`
where `competitions`.`slug` = ? and `competitions`.`competition_tier` = ?;

-- listDatasets: first page
select `slug`, `title`, `source`
from `datasets`
order by `slug` asc
limit ?;

-- listDatasets: next page
select `slug`, `title`, `source`
from `datasets`
where ((`slug` > ?))
order by `slug` asc
limit ?;

-- describeDataset
select `slug`, `title`, `source`, `license`, `bytes`, `checksum`, `storage_path`
from `datasets`
where `slug` = ?;
