-- Made by npm run generate:sql.

-- listEntries: first page
select STRAIGHT_JOIN `entry`.`user_id`, `users`.`display_name`, `entry`.`submission_id`,
  `entry`.`score_id`, `entry`.`sort_score`, `entry`.`primary_score`, `entry`.`metric_version`,
  `entry`.`scored_at`, `entry`.`entries`, `score`.`score_components`, `known`.`standard_error`,
  `known`.`interval_low`, `known`.`interval_high`, `known`.`first_score_id`,
  `known`.`tied_with_first`, (
  select `first`.`score_id`
  from `leaderboard_entries` as `first`
  where `first`.`competition_id` = ? and `first`.`evaluation_split_version` = ?
  order by `first`.`sort_score`, `first`.`scored_at`, `first`.`submission_id`
  limit ?
) as `now_first_score_id`, ? as `before`
from `leaderboard_entries` as `entry`
inner join `users` on `users`.`id` = `entry`.`user_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
order by `entry`.`sort_score` asc, `entry`.`scored_at` asc, `entry`.`submission_id` asc
limit ?;

-- listEntries: next page
select STRAIGHT_JOIN `entry`.`user_id`, `users`.`display_name`, `entry`.`submission_id`,
  `entry`.`score_id`, `entry`.`sort_score`, `entry`.`primary_score`, `entry`.`metric_version`,
  `entry`.`scored_at`, `entry`.`entries`, `score`.`score_components`, `known`.`standard_error`,
  `known`.`interval_low`, `known`.`interval_high`, `known`.`first_score_id`,
  `known`.`tied_with_first`, (
  select `first`.`score_id`
  from `leaderboard_entries` as `first`
  where `first`.`competition_id` = ? and `first`.`evaluation_split_version` = ?
  order by `first`.`sort_score`, `first`.`scored_at`, `first`.`submission_id`
  limit ?
) as `now_first_score_id`, (
  select count(*) as `before`
  from `leaderboard_entries` as `other`
  where `other`.`competition_id` = ? and `other`.`evaluation_split_version` = ?
    and ((`other`.`sort_score` < ?) or (`other`.`sort_score` = ? and `other`.`scored_at` < ?)
    or (`other`.`sort_score` = ? and `other`.`scored_at` = ? and `other`.`submission_id` <= ?))
) as `before`
from `leaderboard_entries` as `entry`
inner join `users` on `users`.`id` = `entry`.`user_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and ((`entry`.`sort_score` > ?) or (`entry`.`sort_score` = ? and `entry`.`scored_at` > ?)
  or (`entry`.`sort_score` = ? and `entry`.`scored_at` = ? and `entry`.`submission_id` > ?))
order by `entry`.`sort_score` asc, `entry`.`scored_at` asc, `entry`.`submission_id` asc
limit ?;

-- listEntries: next page, with the number of those before it
select STRAIGHT_JOIN `entry`.`user_id`, `users`.`display_name`, `entry`.`submission_id`,
  `entry`.`score_id`, `entry`.`sort_score`, `entry`.`primary_score`, `entry`.`metric_version`,
  `entry`.`scored_at`, `entry`.`entries`, `score`.`score_components`, `known`.`standard_error`,
  `known`.`interval_low`, `known`.`interval_high`, `known`.`first_score_id`,
  `known`.`tied_with_first`, (
  select `first`.`score_id`
  from `leaderboard_entries` as `first`
  where `first`.`competition_id` = ? and `first`.`evaluation_split_version` = ?
  order by `first`.`sort_score`, `first`.`scored_at`, `first`.`submission_id`
  limit ?
) as `now_first_score_id`, ? as `before`
from `leaderboard_entries` as `entry`
inner join `users` on `users`.`id` = `entry`.`user_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and ((`entry`.`sort_score` > ?) or (`entry`.`sort_score` = ? and `entry`.`scored_at` > ?)
  or (`entry`.`sort_score` = ? and `entry`.`scored_at` = ? and `entry`.`submission_id` > ?))
order by `entry`.`sort_score` asc, `entry`.`scored_at` asc, `entry`.`submission_id` asc
limit ?;

-- listReferenceEntries
select `name`, `primary_score`, `score_components`, `standard_error`, `interval_low`,
  `interval_high`
from `reference_scores`
where `competition_id` = ? and `evaluation_split_version` = ? and `manifest_sha256` = ?
order by `place`;

-- findEntry
select STRAIGHT_JOIN `entry`.`user_id`, `users`.`display_name`, `entry`.`submission_id`,
  `entry`.`score_id`, `entry`.`sort_score`, `entry`.`primary_score`, `entry`.`metric_version`,
  `entry`.`scored_at`, `entry`.`entries`, `score`.`score_components`, `known`.`standard_error`,
  `known`.`interval_low`, `known`.`interval_high`, `known`.`first_score_id`,
  `known`.`tied_with_first`, (
  select `first`.`score_id`
  from `leaderboard_entries` as `first`
  where `first`.`competition_id` = ? and `first`.`evaluation_split_version` = ?
  order by `first`.`sort_score`, `first`.`scored_at`, `first`.`submission_id`
  limit ?
) as `now_first_score_id`, (
  select count(*) as `before`
  from `leaderboard_entries` as `other`
  where `other`.`competition_id` = ? and `other`.`evaluation_split_version` = ?
    and ((`other`.`sort_score` < `entry`.`sort_score`)
    or (`other`.`sort_score` = `entry`.`sort_score` and `other`.`scored_at` < `entry`.`scored_at`)
    or (`other`.`sort_score` = `entry`.`sort_score` and `other`.`scored_at` = `entry`.`scored_at`
    and `other`.`submission_id` < `entry`.`submission_id`))
) as `before`
from `leaderboard_entries` as `entry`
inner join `users` on `users`.`id` = `entry`.`user_id`
inner join `submission_scores` as `score` on `score`.`id` = `entry`.`score_id`
left join `score_uncertainties` as `known` on `known`.`score_id` = `entry`.`score_id`
where `entry`.`competition_id` = ? and `entry`.`evaluation_split_version` = ?
  and `entry`.`user_id` = ?;

-- countEntries
select count(*) as `people`
from `leaderboard_entries`
where `competition_id` = ? and `evaluation_split_version` = ?;

-- readBestOverTime
SELECT user_id, primary_score, created_at
FROM (
  SELECT score.user_id, score.primary_score, score.created_at, score.submission_id,
    MAX(score.primary_score) OVER ( PARTITION BY score.user_id ORDER BY score.created_at,
    score.submission_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS best_before
  FROM submission_scores AS score
  WHERE score.competition_id = ? AND score.evaluation_split_version = ? AND score.is_official = 1
    AND score.user_id IN (?, ?) AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS scored
WHERE best_before IS NULL OR primary_score > best_before
ORDER BY user_id, created_at, submission_id;
