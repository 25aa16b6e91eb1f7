import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import { inCell } from './cell.ts'
import { execute } from './execute.ts'

/** Every client of the tests shares the address of the loopback gateway, and with it one rate-limit key; some launch all the time. */
const SETTINGS = ['AUTH_RATE_LIMIT=100000', 'LAUNCHES_PER_HOUR=100000']

export function artifactsFolder(root: string): string {
  return join(root, '.artifacts')
}

/**
 * The plain `./medforge up` in a cell that is held; its exit code.
 *
 * @param outputTo  a file that gets its output instead of the terminal
 */
export function setUpInCell(
  environment: CliEnvironment,
  cell: string,
  outputTo?: string,
): Promise<number> {
  const { root } = environment
  mkdirSync(artifactsFolder(root), { recursive: true })
  const settings = SETTINGS.flatMap((setting) => ['--set', setting])
  return execute(environment, {
    command: inCell(root, cell, [join(root, 'medforge'), 'up', ...settings]),
    ...(outputTo === undefined ? { copyTo: join(artifactsFolder(root), 'up.log') } : { outputTo }),
  })
}

/** Keep what the platform's containers said, for whoever looks into a failure later. */
export async function keepLogs(environment: CliEnvironment, cell: string): Promise<void> {
  const script = `mkdir -p "$1" && cp /var/log/medforge/* "$1" 2>/dev/null
    for name in $(docker ps -a --format '{{.Names}}'); do docker logs "$name" >"$1/$name.log" 2>&1; done
    docker ps -a >"$1/containers.txt" 2>&1; zfs list -t all >"$1/zfs.txt" 2>&1; true`
  const folder = join(artifactsFolder(environment.root), 'logs', cell)
  const command = inCell(environment.root, cell, ['sh', '-c', script, 'sh', folder])
  await execute(environment, { command })
}
