-- Made by npm run generate:sql.

-- openRescore
begin;
select `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?
for update;
select *
from `rescore_runs`
where `competition_id` = ? and `status` = ?
for update;
update `rescore_runs`
set `status` = ?, `ended_at` = ?
where `id` = ? and `status` = ?;
delete from `shadow_scores`
where `run_id` = ?;
insert into `rescore_runs` (`id`, `competition_id`, `bundle_version`, `metric_version`,
  `evaluation_split_version`, `manifest_sha256`, `created_at`)
values (?, ?, ?, ?, ?, ?, ?);
select *
from `rescore_runs`
where `id` = ?;
commit;

-- gatherSubmissions
INSERT IGNORE INTO shadow_scores (run_id, submission_id) SELECT ?, submissions.id
FROM submissions
LEFT JOIN shadow_scores AS known ON known.run_id = ? AND known.submission_id = submissions.id
WHERE submissions.competition_id = ? AND known.run_id IS NULL;
update `shadow_scores`
set `state` = ?, `attempts` = ?
where `run_id` = ? and (`state` = ? or (`state` = ? and `scorer_version` != ?));

-- readProgress
select `state`, count(*) as `count`, max(`reason`) as `reason`
from `shadow_scores`
where `run_id` = ?
group by `state`;
select distinct `scorer_version`
from `shadow_scores`
where `run_id` = ? and `state` = ?;

-- abandonRescore
begin;
update `rescore_runs`
set `status` = ?, `ended_at` = ?
where `id` = ? and `status` = ?;
delete from `shadow_scores`
where `run_id` = ?;
commit;

-- lockCompetition
select `evaluation_split_version`, `manifest_sha256`
from `competitions`
where `id` = ?
for update;

-- endRun
update `rescore_runs`
set `status` = ?, `ended_at` = ?
where `id` = ? and `status` = ?;
delete from `shadow_scores`
where `run_id` = ?;
