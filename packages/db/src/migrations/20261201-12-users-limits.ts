import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE users
      ADD COLUMN IF NOT EXISTS cpu_limit DOUBLE NULL CHECK (cpu_limit > 0)
        AFTER max_concurrent_sessions,
      ADD COLUMN IF NOT EXISTS memory_limit_bytes BIGINT NULL CHECK (memory_limit_bytes > 0)
        AFTER cpu_limit,
      ADD COLUMN IF NOT EXISTS shm_limit_bytes BIGINT NULL CHECK (shm_limit_bytes > 0)
        AFTER memory_limit_bytes,
      ADD COLUMN IF NOT EXISTS storage_limit_bytes BIGINT NULL CHECK (storage_limit_bytes > 0)
        AFTER shm_limit_bytes
  `.execute(db)
}
