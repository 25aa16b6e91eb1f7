import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { CONTAINERS, SERVICES } from '../names.ts'
import { serviceOf } from '../stack/containers.ts'
import { composeArguments, locateInstallation } from '../stack/installation.ts'

export function registerLogs(program: Command): void {
  program
    .command('logs [service]')
    .description(`what the containers wrote; a service is one of ${SERVICES.join(', ')}`)
    .option('-f, --follow', 'go on as more is written')
    .option('-n, --tail <lines>', 'how many of the last lines', '200')
    .action(showLogs)
}

async function showLogs(
  service: string | undefined,
  options: { follow?: boolean; tail: string },
): Promise<void> {
  if (!/^(\d+|all)$/.test(options.tail)) {
    throw new Failure(
      '--tail takes a number of lines, or all.',
      'For example: ./medforge logs api -n 50.',
    )
  }
  const flags = [...(options.follow ? ['--follow'] : []), '--tail', options.tail]
  const [file, args] =
    service === undefined
      ? await composeArguments(locateInstallation(readEnvironment()), ['logs', ...flags])
      : (['docker', ['logs', ...flags, CONTAINERS[serviceOf(service)]]] as const)
  const child = spawn(file, args, { stdio: 'inherit', env: readEnvironment().child })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 && code !== null) {
    throw new Failure('The logs could not be read.', 'Run ./medforge status to see what exists.')
  }
}
