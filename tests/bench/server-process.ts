import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { eventually } from '@medforge/test-support'
import { REPOSITORY } from '../support/installation.ts'

/** A process that is measured. */
export type Subject = AsyncDisposable & { pid: number; port: number }

export type ServerOptions = {
  databaseUrl: string
  sessionSecret: string
  port: number
  domain?: string
  /** The core that it is bound to; any unless given. */
  core?: number
}

/** The real server process on a database of the benchmark's own, without hosts, GPUs or an edge. Resolves once it answers. */
export async function startServer(options: ServerOptions): Promise<Subject> {
  const { databaseUrl, sessionSecret, port, domain = 'localhost', core } = options
  const child = startNode(
    ['apps/api/src/main/server.ts'],
    {
      NODE_ENV: 'production',
      DOMAIN: domain,
      DATABASE_URL: databaseUrl,
      SESSION_SECRET: sessionSecret,
      API_PORT: String(port),
      // The load stands for the edge.
      TRUSTED_PROXIES: '127.0.0.1',
      GPU_MODE: 'simulated',
      PACK_IMAGE: `packs/default@sha256:${'0'.repeat(64)}`,
    },
    core,
  )
  child.stdout?.resume()
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).ok, {
    timeoutMs: 30_000,
  })
  return { ...subjectOf(child), port }
}

/** A program of Node in the repository, bound to one core where one is given. */
export function startNode(
  args: string[],
  env: Record<string, string>,
  core?: number,
): ChildProcess {
  const pinned = core === undefined ? [] : ['taskset', '--cpu-list', String(core)]
  const [command = '', ...rest] = [...pinned, process.execPath, ...args]
  return spawn(command, rest, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'inherit'] })
}

export function subjectOf(child: ChildProcess): Omit<Subject, 'port'> {
  if (child.pid === undefined) throw new Error('The server did not start.')
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}
