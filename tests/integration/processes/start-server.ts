import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '@medforge/test-support'

const SERVER = fileURLToPath(import.meta.resolve('@medforge/api/main/server.ts'))

export type Started = {
  child: ChildProcess
  exited: Promise<unknown[]>
  /** What it wrote so far. */
  output: () => string
  port: number
  url: string
}

/** The API server as the process that it is, on a free port; `env` is all that it sees. */
export async function startServer(env: Record<string, string>): Promise<Started> {
  const port = await findFreePort()
  const child = fork(SERVER, {
    // Away from the test run's own settings, and with the port that is free.
    env: { PATH: '/usr/bin', API_PORT: String(port), ...env },
    execArgv: [],
    silent: true,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk
    })
  }
  const exited = once(child, 'exit')
  return { child, exited, output: () => text, port, url: `http://127.0.0.1:${port}` }
}
