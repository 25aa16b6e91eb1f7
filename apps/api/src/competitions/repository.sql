-- Made by npm run generate:sql.

-- listSubmissions: first page
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
where `submissions`.`user_id` = ? and `submissions`.`competition_id` = ?
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- listSubmissions: next page
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
where `submissions`.`user_id` = ? and `submissions`.`competition_id` = ?
  and ((`submissions`.`created_at` < ?) or (`submissions`.`created_at` = ?
  and `submissions`.`id` < ?))
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- findSubmission
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
where `submissions`.`id` = ?;

-- findSubmissionFile
select `user_id`, `filename`, `stored_name`, `sha256`, `size_bytes`
from `submissions`
where `id` = ? and `competition_id` = ?;

-- saveNote
update `submissions`
set `note` = ?
where `id` = ?;

-- findSettledSubmissions
select `id`
from `submissions`
where `id` in (?, ?) and (`score_status` in (?, ?) or `blocked_reason` is not null);

-- searchSubmissions: first page
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`,
  `users`.`email`, `users`.`display_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`attempts`, `submissions`.`counts_against_cap`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
inner join `users` on `users`.`id` = `submissions`.`user_id`
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- searchSubmissions: by a part of a name, next page
select `id`
from `users`
where (lower(`email`) like ? or lower(`display_name`) like ?)
order by `id`
limit ?;
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`,
  `users`.`email`, `users`.`display_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`attempts`, `submissions`.`counts_against_cap`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
inner join `users` on `users`.`id` = `submissions`.`user_id`
where `submissions`.`user_id` in (?) and ((`submissions`.`created_at` < ?)
  or (`submissions`.`created_at` = ? and `submissions`.`id` < ?))
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- searchSubmissions: by id
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`,
  `users`.`email`, `users`.`display_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`attempts`, `submissions`.`counts_against_cap`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
inner join `users` on `users`.`id` = `submissions`.`user_id`
where `submissions`.`id` = ?
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- searchSubmissions: excluded ones of a person in a competition
select `submissions`.`id`, `competitions`.`slug` as `competition_slug`, `submissions`.`user_id`,
  `submissions`.`filename`, `submissions`.`note`, `submissions`.`score_status`,
  `submissions`.`score_error`, `submissions`.`score_error_internal`, `submissions`.`blocked_reason`,
  `submissions`.`created_at`, `submissions`.`scored_at`, `submission_scores`.`id` as `score_id`,
  `submission_scores`.`primary_score`, `submission_scores`.`score_components`,
  `submission_scores`.`scorer_version`, `submission_scores`.`metric_version`,
  `submission_scores`.`evaluation_split_version`, `submission_scores`.`manifest_sha256`,
  `submission_scores`.`created_at` as `score_created_at`,
  `submission_exclusions`.`reason` as `exclusion_reason`, `submission_exclusions`.`excluded_at`,
  `users`.`email`, `users`.`display_name`, `submissions`.`size_bytes`, `submissions`.`sha256`,
  `submissions`.`attempts`, `submissions`.`counts_against_cap`
from `submissions`
inner join `competitions` on `competitions`.`id` = `submissions`.`competition_id`
left join `submission_scores` on `submission_scores`.`submission_id` = `submissions`.`id`
  and `submission_scores`.`official_active` = ?
left join `submission_exclusions` on `submission_exclusions`.`submission_id` = `submissions`.`id`
inner join `users` on `users`.`id` = `submissions`.`user_id`
where `submissions`.`competition_id` = (
  select `wanted`.`id`
  from `competitions` as `wanted`
  where `wanted`.`slug` = ?
) and `submissions`.`user_id` = ? and `submission_exclusions`.`submission_id` is not null
order by `submissions`.`created_at` desc, `submissions`.`id` desc
limit ?;

-- findSubmissionRules
select `slug`, `status`, `submission_cap_per_day`
from `competitions`
where `id` = ?;

-- countToday
select count(*) as `used`
from `submissions`
where `user_id` = ? and `competition_id` = ? and `utc_day` = ? and `counts_against_cap` = ?;

-- findByIdempotencyKey
select `id`, `sha256`, `created_at`
from `submissions`
where `user_id` = ? and `competition_id` = ? and `idempotency_key` = ?;

-- freeIdempotencyKey
update `submissions`
set `idempotency_key` = ?
where `id` = ?;

-- insertSubmission
insert into `submissions` (`id`, `competition_id`, `user_id`, `filename`, `stored_name`, `sha256`,
  `size_bytes`, `note`, `utc_day`, `idempotency_key`, `request_id`, `created_at`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- lockScoreStatus
select `score_status`
from `submissions`
where `id` = ?
for update;

-- isScoreCurrent
select `score`.`id`
from `submission_scores` as `score`
inner join `competitions` as `competition` on `competition`.`id` = `score`.`competition_id`
  and `competition`.`metric_version` = `score`.`metric_version`
  and `competition`.`evaluation_split_version` = `score`.`evaluation_split_version`
  and `competition`.`manifest_sha256` = `score`.`manifest_sha256`
where `score`.`submission_id` = ? and `score`.`official_active` = ? and `score`.`scorer_version` = ?;

-- requeue
update `submissions`
set `score_status` = ?, `score_error` = ?, `score_error_internal` = ?, `attempts` = ?,
  `not_before` = ?, `blocked_reason` = ?, `lease_owner` = ?, `lease_expires_at` = ?
where `id` = ?;

-- findStoredNames
select `stored_name`
from `submissions`
where `stored_name` in (?, ?);
