-- Made by npm run generate:sql.

-- noteFingerprint
insert into `submission_fingerprints` (`submission_id`, `competition_id`, `user_id`, `row_hashes`,
  `created_at`)
values (?, ?, ?, ?, ?)
on duplicate key update `row_hashes` = ?;
select `submission_id`, `row_hashes`
from `submission_fingerprints`
where `competition_id` = ? and `user_id` = ? and `submission_id` != ?
order by `created_at` desc, `submission_id` desc
limit ?;
select `chain_length`, `nearest_submission_id`
from `probing_flags`
where `submission_id` = ?;
insert into `probing_flags` (`submission_id`, `competition_id`, `user_id`, `nearest_submission_id`,
  `changed_rows`, `chain_length`, `created_at`)
values (?, ?, ?, ?, ?, ?, ?)
on duplicate key update `submission_id` = ?;
delete from `submission_fingerprints`
where `submission_id` in (?, ?);
