-- Made by npm run generate:sql.

-- listWantedRuns
select *
from `rescore_runs`
where `status` = ? and `wanted` is not null;

-- carryOutRescore: to compare
INSERT IGNORE INTO shadow_scores (run_id, submission_id) SELECT ?, submissions.id
FROM submissions
LEFT JOIN shadow_scores AS known ON known.run_id = ? AND known.submission_id = submissions.id
WHERE submissions.competition_id = ? AND known.run_id IS NULL;
update `shadow_scores`
set `state` = ?, `attempts` = ?
where `run_id` = ? and (`state` = ? or (`state` = ? and `scorer_version` != ?));
update `rescore_runs`
set `gathered_at` = ?
where `id` = ? and `status` = ?;

-- carryOutRescore: to switch, while files are left
INSERT IGNORE INTO shadow_scores (run_id, submission_id) SELECT ?, submissions.id
FROM submissions
LEFT JOIN shadow_scores AS known ON known.run_id = ? AND known.submission_id = submissions.id
WHERE submissions.competition_id = ? AND known.run_id IS NULL;
update `shadow_scores`
set `state` = ?, `attempts` = ?
where `run_id` = ? and (`state` = ? or (`state` = ? and `scorer_version` != ?));
update `rescore_runs`
set `gathered_at` = ?
where `id` = ? and `status` = ?;
select `state`, count(*) as `count`, max(`reason`) as `reason`
from `shadow_scores`
where `run_id` = ?
group by `state`;
select distinct `scorer_version`
from `shadow_scores`
where `run_id` = ? and `state` = ?;
