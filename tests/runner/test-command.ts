import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readEnvironment } from '@medforge/cli/config/env.ts'
import { Failure } from '@medforge/cli/failure.ts'
import type { Command } from 'commander'
import { installRequirements, requirementsOf } from './requirements.ts'
import { runSuites } from './run-suites.ts'
import { type ChaosRun, PARTS, type Part } from './suites.ts'

type Options = {
  updateScreenshots?: boolean
  keep?: boolean
  chaos?: boolean
  seed?: string
}

const CHAOS_MINUTES = 30

export function registerTest(program: Command): void {
  program
    .command('test')
    .description(
      'run every check and test, on an installation of its own beside whatever runs here',
    )
    .argument('[parts...]', `only these: ${PARTS.join(', ')}`)
    .option('--update-screenshots', 'let the browser journey replace the pictures in docs/images')
    .option('--keep', 'keep the test installation until Ctrl-C, for a look around')
    .option('--chaos', `only the faults, with ${CHAOS_MINUTES} minutes of random histories`)
    .option('--seed <number>', 'with --chaos: begin with the histories of this seed')
    .action(testEverything)
}

async function testEverything(names: string[], options: Options): Promise<void> {
  const chaos = readChaos(options)
  const parts = chaos === null ? choosePartsOf(names) : (['chaos'] as const)
  const environment = readEnvironment()
  const say = (line: string) => console.log(line)
  const requirements = requirementsOf(parts)
  if (requirements.length > 0) await installRequirements(requirements)
  if (chaos !== null) say(`chaos: seed ${chaos.seed}, ${chaos.minutes} minutes`)
  const isGood = await runSuites({
    environment,
    parts,
    chaos,
    updateScreenshots: options.updateScreenshots ?? false,
    beforeTearDown: async () => {
      if (!options.keep) return
      say(
        'The test installation stays. Enter it with: tests/cell/cell exec bash. Ctrl-C removes it.',
      )
      const keepAlive = setInterval(() => {}, 60_000)
      await once(process, 'SIGINT')
      clearInterval(keepAlive)
    },
    say,
  })
  if (isGood) return
  if (chaos !== null) say(`chaos: again with ./medforge test --chaos --seed ${chaos.seed}`)
  process.exitCode = 1
}

function readChaos({ chaos, seed }: Options): ChaosRun | null {
  if (!chaos && seed === undefined) return null
  if (!chaos || (seed !== undefined && !/^\d{1,9}$/.test(seed))) {
    throw new Failure(
      '--seed takes a whole number of up to nine digits, together with --chaos.',
      'For example: ./medforge test --chaos --seed 42',
    )
  }
  return { seed: seed === undefined ? randomInt(1e9) : Number(seed), minutes: CHAOS_MINUTES }
}

function choosePartsOf(names: string[]): readonly Part[] {
  if (names.length === 0) return PARTS
  const unknown = names.filter((name) => !PARTS.some((part) => part === name))
  if (unknown.length > 0) {
    throw new Failure(
      `There is no test part called ${unknown.join(', ')}.`,
      `Choose from ${PARTS.join(', ')}, or name none to run all of them.`,
    )
  }
  return PARTS.filter((part) => names.includes(part))
}
