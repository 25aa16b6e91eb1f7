import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Mariadb, openMariadb } from '@medforge/test-support'
import { createConnection } from 'mysql2/promise'
import { findMariadbPrograms } from './mariadb-programs.ts'
import { DEV_DIR } from './settings.ts'

const SCHEMA = 'medforge'
const URL_FILE = join(DEV_DIR, 'database-url')

/**
 * The MariaDB of the inner loop, with its data in `.dev/mariadb`; as the user who runs it, on a free port of loopback.
 *
 * @param path  PATH, searched for MariaDB's programs
 */
export async function openDevDatabase(path: string): Promise<{ server: Mariadb; url: string }> {
  mkdirSync(DEV_DIR, { recursive: true })
  const programs = findMariadbPrograms(join(DEV_DIR, 'mariadb-programs'), path)
  const server = await openMariadb({ folder: join(DEV_DIR, 'mariadb'), isDurable: true, programs })
  const url = new URL(server.url)
  const connection = await createConnection(url.href)
  await connection.query(
    `CREATE DATABASE IF NOT EXISTS ${SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  )
  await connection.end()
  url.pathname = `/${SCHEMA}`
  writeFileSync(URL_FILE, url.href, { mode: 0o600 })
  return { server, url: url.href }
}

/** @throws Error where the inner loop was never started */
export function readDevDatabaseUrl(): string {
  if (!existsSync(URL_FILE)) throw new Error('Start npm run dev first; it makes the database.')
  return readFileSync(URL_FILE, 'utf8')
}
