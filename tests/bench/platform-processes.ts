import { sql } from 'kysely'
import { docker, type Installation, openDatabase } from '../support/installation.ts'
import { countOpenFiles, readRssBytes } from './processes.ts'

/** Name → process id on this host, of everything that the platform keeps running. */
export type PlatformProcesses = Record<string, number>

export type Sample = {
  atMs: number
  processes: Record<string, { rssBytes: number; openFiles: number }>
  /** Rows and connections of the database, by name. */
  counts: Record<string, number>
}

const KNOWN: { name: string; container: string; command: RegExp }[] = [
  { name: 'server', container: 'medforge-api', command: /main\/server\.ts/ },
  { name: 'reconciler', container: 'medforge-api', command: /main\/reconciler\.ts/ },
  { name: 'worker', container: 'medforge-api-worker', command: /^\S*node\b.*main\/worker\.ts/ },
  { name: 'web', container: 'medforge-web', command: /^(?!.*docker-init)(\S*node\b|next)/ },
  { name: 'Caddy', container: 'medforge-caddy', command: /^\S*caddy run/ },
  { name: 'MariaDB', container: 'medforge-db', command: /^\S*(mariadbd|mysqld)\b/ },
]

/** @throws Error naming what does not run */
export async function findPlatformProcesses(): Promise<PlatformProcesses> {
  const found: PlatformProcesses = {}
  for (const { name, container, command } of KNOWN) {
    const [, ...lines] = (await docker('top', container, '-eo', 'pid,args')).trim().split('\n')
    const pids = lines.flatMap((line) => {
      const [, pid, args = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
      return command.test(args) ? [Number(pid)] : []
    })
    const pid = pids.at(-1)
    if (pid === undefined) throw new Error(`${name} does not run in ${container}.`)
    found[name] = pid
  }
  return found
}

/** @throws Error when one of the processes is gone: it died meanwhile */
export async function takeSample(
  installation: Installation,
  processes: PlatformProcesses,
): Promise<Sample> {
  const read = Object.entries(processes).map(([name, pid]) => [
    name,
    { rssBytes: readRssBytes(pid), openFiles: countOpenFiles(pid) },
  ])
  return {
    atMs: performance.now(),
    processes: Object.fromEntries(read),
    counts: await readCounts(installation),
  }
}

async function readCounts(installation: Installation): Promise<Record<string, number>> {
  await using db = openDatabase(installation)
  const counts: Record<string, number> = {}
  for (const table of ['session_events', 'audit_events', 'auth_sessions']) {
    const { rows } = await sql<{
      n: number
    }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`.execute(db)
    counts[`rows of ${table}`] = Number(rows[0]?.n)
  }
  const { rows } = await sql<{ Value: string }>`SHOW STATUS LIKE 'Threads_connected'`.execute(db)
  counts['connections, this one included'] = Number(rows[0]?.Value)
  return counts
}
