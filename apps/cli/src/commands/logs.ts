import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { CONTAINERS, SERVICES } from '../names.ts'
import { serviceOf } from '../stack/containers.ts'
import { composeArguments, locateInstallation } from '../stack/installation.ts'
import { cleanLines } from '../terminal/output.ts'

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
      ? await composeArguments(locateInstallation(readEnvironment()), [
          'logs',
          '--no-color',
          ...flags,
        ])
      : (['docker', ['logs', ...flags, CONTAINERS[serviceOf(service)]]] as const)
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: readEnvironment().child,
  })
  const show = (from: Readable, to: NodeJS.WriteStream) =>
    // Whoever read it has left, as `| head` does.
    pipeline(from, cleanLines, to, { end: false }).catch(() => child.kill())
  const [[code]] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    show(child.stdout, process.stdout),
    show(child.stderr, process.stderr),
  ])
  if (code !== 0 && code !== null) {
    throw new Failure('The logs could not be read.', 'Run ./medforge status to see what exists.')
  }
}
