import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS competitions (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      slug VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      title VARCHAR(200) NOT NULL,
      description TEXT NOT NULL,
      rules TEXT NOT NULL,
      competition_tier ENUM('public','private') NOT NULL,
      status ENUM('active','inactive') NOT NULL DEFAULT 'active',
      metric ENUM('accuracy','map_iou') NOT NULL,
      metric_version VARCHAR(50) NOT NULL,
      higher_is_better TINYINT(1) NOT NULL DEFAULT 1,
      scoring_mode ENUM('single_realtime_hidden') NOT NULL DEFAULT 'single_realtime_hidden',
      leaderboard_rule ENUM('best_per_user') NOT NULL DEFAULT 'best_per_user',
      evaluation_policy ENUM('canonical_test_first') NOT NULL DEFAULT 'canonical_test_first',
      competition_spec_version VARCHAR(50) NOT NULL,
      is_permanent TINYINT(1) NOT NULL,
      submission_cap_per_day INT NOT NULL,
      dataset_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      evaluation_split_version VARCHAR(100) NOT NULL,
      manifest_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      holdout_kind ENUM('demo','operator') NOT NULL,
      holdout_rows INT NOT NULL,
      created_at DATETIME(6) NOT NULL,
      UNIQUE KEY competitions_slug (slug),
      CONSTRAINT competitions_dataset_fk FOREIGN KEY (dataset_id) REFERENCES datasets (id),
      CONSTRAINT competitions_cap CHECK (submission_cap_per_day >= 1)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
