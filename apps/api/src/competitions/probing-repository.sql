-- Made by npm run generate:sql.

-- listProbers: first page
select `prober`.`user_id`, `users`.`email`, `users`.`display_name`, `prober`.`flagged`,
  `prober`.`longest_chain`, `prober`.`changed_rows`, `prober`.`last_at`
from (
  select `flag`.`user_id`, count(*) as `flagged`, max(`flag`.`chain_length`) as `longest_chain`,
    sum(`flag`.`changed_rows`) as `changed_rows`, max(`flag`.`created_at`) as `last_at`
  from `probing_flags` as `flag`
  where `flag`.`competition_id` = ?
  group by `flag`.`user_id`
) as `prober`
inner join `users` on `users`.`id` = `prober`.`user_id`
order by `prober`.`flagged` desc, `prober`.`user_id` asc
limit ?;

-- listProbers: next page
select `prober`.`user_id`, `users`.`email`, `users`.`display_name`, `prober`.`flagged`,
  `prober`.`longest_chain`, `prober`.`changed_rows`, `prober`.`last_at`
from (
  select `flag`.`user_id`, count(*) as `flagged`, max(`flag`.`chain_length`) as `longest_chain`,
    sum(`flag`.`changed_rows`) as `changed_rows`, max(`flag`.`created_at`) as `last_at`
  from `probing_flags` as `flag`
  where `flag`.`competition_id` = ?
  group by `flag`.`user_id`
) as `prober`
inner join `users` on `users`.`id` = `prober`.`user_id`
where ((`prober`.`flagged` < ?) or (`prober`.`flagged` = ? and `prober`.`user_id` > ?))
order by `prober`.`flagged` desc, `prober`.`user_id` asc
limit ?;

-- listSharedFiles
select `sha256`, COUNT(DISTINCT user_id) as `accounts`, COUNT(*) OVER () as `total`
from `submissions`
where `competition_id` = ?
group by `sha256`
having COUNT(DISTINCT user_id) > ?
order by `accounts` desc, `sha256`
limit ?;
select distinct `submissions`.`user_id`, `users`.`email`
from `submissions`
inner join `users` on `users`.`id` = `submissions`.`user_id`
where `submissions`.`competition_id` = ? and `submissions`.`sha256` = ?
order by `users`.`email`
limit ?;
