-- Made by npm run generate:sql.

-- lockSubmissionAndOwner
select `competition_id`, `user_id`
from `submissions`
where `id` = ?
for update;
select `id`
from `competitions`
where `id` = ?
LOCK IN SHARE MODE;
select `id`
from `users`
where `id` = ?
for update;

-- findExclusionReason
select `reason`
from `submission_exclusions`
where `submission_id` = ?;

-- saveExclusion
insert into `submission_exclusions` (`submission_id`, `reason`, `excluded_by`, `excluded_at`)
values (?, ?, ?, ?)
on duplicate key update `reason` = ?, `excluded_by` = ?, `excluded_at` = ?;

-- deleteExclusion
delete from `submission_exclusions`
where `submission_id` = ?;

-- findOfficialSplit
select `evaluation_split_version`
from `submission_scores`
where `submission_id` = ? and `official_active` = ?;
