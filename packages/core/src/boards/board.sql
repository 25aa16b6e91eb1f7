-- Made by npm run generate:sql.

-- lockPerson
select `id`
from `users`
where `id` = ?
for update;

-- refreshEntry: of somebody with a score
select `higher_is_better`
from `competitions`
where `id` = ?;
SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
  submission_id, score_id, metric_version, entries
FROM (
  SELECT score.competition_id, score.evaluation_split_version, score.user_id,
    0 - score.primary_score AS sort_score, score.primary_score, score.created_at AS scored_at,
    score.submission_id, score.id AS score_id, score.metric_version, person.entries,
    ROW_NUMBER() OVER ( PARTITION BY score.evaluation_split_version,
    score.user_id ORDER BY score.created_at, score.submission_id) AS place
  FROM (
    SELECT score.evaluation_split_version, score.user_id, MAX(score.primary_score) AS best,
      COUNT(*) AS entries
    FROM submission_scores AS score FORCE INDEX (submission_scores_board)
    WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
      AND score.user_id = ? AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
    AND score.user_id = ? AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
insert into `leaderboard_entries` (`competition_id`, `evaluation_split_version`, `user_id`,
  `sort_score`, `primary_score`, `scored_at`, `submission_id`, `score_id`, `metric_version`,
  `entries`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on duplicate key update `competition_id` = ?, `evaluation_split_version` = ?, `user_id` = ?,
  `sort_score` = ?, `primary_score` = ?, `scored_at` = ?, `submission_id` = ?, `score_id` = ?,
  `metric_version` = ?, `entries` = ?;

-- refreshEntry: of somebody without one
select `higher_is_better`
from `competitions`
where `id` = ?;
SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
  submission_id, score_id, metric_version, entries
FROM (
  SELECT score.competition_id, score.evaluation_split_version, score.user_id,
    score.primary_score AS sort_score, score.primary_score, score.created_at AS scored_at,
    score.submission_id, score.id AS score_id, score.metric_version, person.entries,
    ROW_NUMBER() OVER ( PARTITION BY score.evaluation_split_version,
    score.user_id ORDER BY score.created_at, score.submission_id) AS place
  FROM (
    SELECT score.evaluation_split_version, score.user_id, MIN(score.primary_score) AS best,
      COUNT(*) AS entries
    FROM submission_scores AS score FORCE INDEX (submission_scores_board)
    WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
      AND score.user_id = ? AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND score.evaluation_split_version = ?
    AND score.user_id = ? AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
delete from `leaderboard_entries`
where `competition_id` = ? and `evaluation_split_version` = ? and `user_id` = ?;

-- rebuildBoard
select `higher_is_better`
from `competitions`
where `id` = ?;
SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
  submission_id, score_id, metric_version, entries
FROM (
  SELECT score.competition_id, score.evaluation_split_version, score.user_id,
    0 - score.primary_score AS sort_score, score.primary_score, score.created_at AS scored_at,
    score.submission_id, score.id AS score_id, score.metric_version, person.entries,
    ROW_NUMBER() OVER ( PARTITION BY score.evaluation_split_version,
    score.user_id ORDER BY score.created_at, score.submission_id) AS place
  FROM (
    SELECT score.evaluation_split_version, score.user_id, MAX(score.primary_score) AS best,
      COUNT(*) AS entries
    FROM submission_scores AS score FORCE INDEX (submission_scores_board)
    WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
      SELECT 1
      FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
    GROUP BY score.evaluation_split_version, score.user_id
  ) AS person
  STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
    AND score.user_id = person.user_id AND score.primary_score = person.best
  WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
    SELECT 1
    FROM submission_exclusions AS excluded
    WHERE excluded.submission_id = score.submission_id
  )
) AS ranked
WHERE place = 1
ORDER BY evaluation_split_version, user_id;
delete from `leaderboard_entries`
where `competition_id` = ?;
insert into `leaderboard_entries` (`competition_id`, `evaluation_split_version`, `user_id`,
  `sort_score`, `primary_score`, `scored_at`, `submission_id`, `score_id`, `metric_version`,
  `entries`)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- listBoards
select `id`, `slug`
from `competitions`;

-- countWrongEntries
select `higher_is_better`
from `competitions`
where `id` = ?;
SELECT COUNT(DISTINCT evaluation_split_version, user_id) AS wrong
FROM (
  SELECT evaluation_split_version, user_id, sort_score, primary_score, scored_at, submission_id,
    score_id, metric_version, entries
  FROM (
    SELECT evaluation_split_version, user_id, sort_score, primary_score, scored_at, submission_id,
      score_id, metric_version, entries
    FROM (
      SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score,
        scored_at, submission_id, score_id, metric_version, entries
      FROM (
        SELECT score.competition_id, score.evaluation_split_version, score.user_id,
          0 - score.primary_score AS sort_score, score.primary_score, score.created_at AS scored_at,
          score.submission_id, score.id AS score_id, score.metric_version, person.entries,
          ROW_NUMBER() OVER ( PARTITION BY score.evaluation_split_version,
          score.user_id ORDER BY score.created_at, score.submission_id) AS place
        FROM (
          SELECT score.evaluation_split_version, score.user_id, MAX(score.primary_score) AS best,
            COUNT(*) AS entries
          FROM submission_scores AS score FORCE INDEX (submission_scores_board)
          WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
            SELECT 1
            FROM submission_exclusions AS excluded
            WHERE excluded.submission_id = score.submission_id
          )
          GROUP BY score.evaluation_split_version, score.user_id
        ) AS person
        STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board) ON score.evaluation_split_version = person.evaluation_split_version
          AND score.user_id = person.user_id AND score.primary_score = person.best
        WHERE score.competition_id = ? AND score.is_official = 1 AND NOT EXISTS (
          SELECT 1
          FROM submission_exclusions AS excluded
          WHERE excluded.submission_id = score.submission_id
        )
      ) AS ranked
      WHERE place = 1
    ) AS computed
    UNION ALL SELECT evaluation_split_version, user_id, sort_score, primary_score, scored_at,
      submission_id, score_id, metric_version, entries
    FROM leaderboard_entries
    WHERE competition_id = ?
  ) AS both_sides
  GROUP BY evaluation_split_version, user_id, sort_score, primary_score, scored_at, submission_id,
    score_id, metric_version, entries
  HAVING COUNT(*) = 1
) AS single;
