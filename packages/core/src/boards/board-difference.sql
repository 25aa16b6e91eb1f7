-- Made by npm run generate:sql.

-- readBoardDifference
select `higher_is_better`, `evaluation_split_version`
from `competitions`
where `id` = ?;
select `submissions`.`id` as `submission_id`, `submissions`.`user_id`, `users`.`display_name`,
  `score`.`primary_score` as `before`, `shadow`.`primary_score` as `after`,
  `submissions`.`scored_at`, `score`.`created_at`, `shadow`.`scored_at` as `shadow_at`
from `submissions`
inner join `users` on `users`.`id` = `submissions`.`user_id`
left join `submission_scores` as `score` on `score`.`submission_id` = `submissions`.`id`
  and `score`.`official_active` = ? and `score`.`evaluation_split_version` = ?
left join `shadow_scores` as `shadow` on `shadow`.`submission_id` = `submissions`.`id`
  and `shadow`.`run_id` = ? and `shadow`.`state` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
where `submissions`.`competition_id` = ? and `submission_exclusions`.`submission_id` is null;
