import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS invitations (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      code_hash BINARY(32) NOT NULL,
      note VARCHAR(200) NULL,
      max_uses INT NOT NULL CHECK (max_uses > 0),
      uses INT NOT NULL DEFAULT 0,
      created_by CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      created_at DATETIME(6) NOT NULL,
      expires_at DATETIME(6) NULL,
      revoked_at DATETIME(6) NULL,
      UNIQUE KEY invitations_code (code_hash),
      KEY invitations_created (created_at, id),
      CONSTRAINT invitations_uses CHECK (uses BETWEEN 0 AND max_uses),
      CONSTRAINT invitations_creator_fk FOREIGN KEY (created_by) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
