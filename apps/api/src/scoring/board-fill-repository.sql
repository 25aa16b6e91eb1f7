-- Made by npm run generate:sql.

-- listBoardsToFill
select `id`, `slug`, `bundle_version`, `metric_version`, `secondary_metrics`, `reference_entries`,
  `evaluation_split_version`, `manifest_sha256`
from `competitions`
order by `slug`;

-- listUnmeasured
select STRAIGHT_JOIN `entry`.`score_id`, `entry`.`primary_score`, `known`.`standard_error`,
  `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`
from `leaderboard_entries` as `entry`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
inner join `submissions` on `submissions`.`id` = `entry`.`submission_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and `score`.`metric_version` = ? and `score`.`manifest_sha256` = ? and (`known`.`score_id` is null
  or `known`.`secondary_metrics` != ? or (`known`.`standard_error` is null
  and `known`.`computed_at` < ?))
order by `entry`.`sort_score`, `entry`.`scored_at`, `entry`.`submission_id`
limit ?;

-- findFirst
select STRAIGHT_JOIN `entry`.`score_id`, `entry`.`primary_score`, `known`.`standard_error`,
  `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `entry`.`scored_at`
from `leaderboard_entries` as `entry`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
inner join `submissions` on `submissions`.`id` = `entry`.`submission_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and `score`.`metric_version` = ? and `score`.`manifest_sha256` = ?
order by `entry`.`sort_score`, `entry`.`scored_at`, `entry`.`submission_id`
limit ?;

-- listUncompared
select STRAIGHT_JOIN `entry`.`score_id`, `entry`.`primary_score`, `known`.`standard_error`,
  `submissions`.`stored_name`, `submissions`.`size_bytes`, `submissions`.`sha256`
from `leaderboard_entries` as `entry`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
inner join `submissions` on `submissions`.`id` = `entry`.`submission_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and `score`.`metric_version` = ? and `score`.`manifest_sha256` = ?
  and `known`.`score_id` is not null and `entry`.`scored_at` < ?
  and (`known`.`first_score_id` is null or `known`.`first_score_id` != ?)
order by `entry`.`sort_score`, `entry`.`scored_at`, `entry`.`submission_id`
limit ?;

-- saveUncertainty
insert into `score_uncertainties` (`score_id`, `secondary_metrics`, `standard_error`,
  `interval_low`, `interval_high`, `computed_at`)
values (?, ?, ?, ?, ?, ?)
on duplicate key update `secondary_metrics` = ?, `standard_error` = ?, `interval_low` = ?,
  `interval_high` = ?, `computed_at` = ?;

-- saveComponents
update `submission_scores`
set `score_components` = ?
where `id` = ? and `score_components` != ?;

-- saveTie
update `score_uncertainties`
set `first_score_id` = ?, `tied_with_first` = ?
where `score_id` = ?;

-- listReferenceScores
select *
from `reference_scores`
where `competition_id` = ? and `evaluation_split_version` = ?;

-- saveReferenceScore
insert into `reference_scores` (`competition_id`, `evaluation_split_version`, `name`, `source`,
  `place`, `metric_version`, `manifest_sha256`, `secondary_metrics`, `primary_score`,
  `score_components`, `standard_error`, `interval_low`, `interval_high`, `computed_at`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on duplicate key update `competition_id` = ?, `evaluation_split_version` = ?, `name` = ?,
  `source` = ?, `place` = ?, `metric_version` = ?, `manifest_sha256` = ?, `secondary_metrics` = ?,
  `primary_score` = ?, `score_components` = ?, `standard_error` = ?, `interval_low` = ?,
  `interval_high` = ?, `computed_at` = ?;

-- deleteReferenceScore
delete from `reference_scores`
where `competition_id` = ? and `evaluation_split_version` = ? and `name` = ?;
