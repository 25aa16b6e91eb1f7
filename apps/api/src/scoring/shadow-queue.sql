-- Made by npm run generate:sql.

-- claimShadow
select `rescore_runs`.`id`, `competitions`.`slug`, `rescore_runs`.`bundle_version`,
  `rescore_runs`.`metric_version`, `rescore_runs`.`evaluation_split_version`,
  `rescore_runs`.`manifest_sha256`
from `rescore_runs`
inner join `competitions` on `competitions`.`id` = `rescore_runs`.`competition_id`
where `rescore_runs`.`status` = ?
order by `rescore_runs`.`created_at`;
begin (read committed);
select `submission_id`, `attempts`
from `shadow_scores`
where `run_id` = ? and `state` in (?, ?) and ( lease_expires_at IS NULL OR lease_expires_at <= ?
  OR lease_expires_at > ?)
limit ?
for update skip locked;
update `shadow_scores`
set `state` = ?, `attempts` = ?, `lease_owner` = ?, `lease_expires_at` = ?
where `run_id` = ? and `submission_id` = ?;
commit;
select `stored_name`, `size_bytes`, `sha256`
from `submissions`
where `id` = ?;

-- recordShadowScore
update `shadow_scores`
set `state` = ?, `score_id` = ?, `primary_score` = ?, `score_components` = ?, `scorer_version` = ?,
  `reason` = ?, `scored_at` = ?, `lease_expires_at` = ?, `lease_owner` = ?
where `run_id` = ? and `submission_id` = ? and `state` = ? and `lease_owner` = ?;

-- recordShadowFailure
update `shadow_scores`
set `state` = ?, `reason` = ?, `lease_expires_at` = ?, `lease_owner` = ?
where `run_id` = ? and `submission_id` = ? and `state` = ? and `lease_owner` = ?;

-- releaseShadow
update `shadow_scores`
set `state` = ?, `attempts` = ?, `reason` = ?, `lease_expires_at` = ?, `lease_owner` = ?
where `run_id` = ? and `submission_id` = ? and `state` = ? and `lease_owner` = ?;
