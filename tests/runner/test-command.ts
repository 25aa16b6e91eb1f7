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
  long?: boolean
  soak?: boolean
  chaos?: boolean
  seed?: string
}

const CHAOS_MINUTES = 30
/** Of random histories in `--long`, which has to end within an hour. */
const LONG_MINUTES = 10

export function registerTest(program: Command): void {
  program
    .command('test')
    .description(
      'run every check and test, on an installation of its own beside whatever runs here',
    )
    .argument('[parts...]', `only these: ${PARTS.join(', ')}`)
    .option('--long', 'faults at every step and of every kind; up to an hour')
    .option('--soak', 'as --long, with a million simulated histories; hours')
    .option(
      '--chaos',
      `only the faults, as --long, with ${CHAOS_MINUTES} minutes of random histories`,
    )
    .option('--seed <number>', 'the seed of every random test')
    .option('--update-screenshots', 'let the browser journey replace the pictures in docs/images')
    .option('--keep', 'keep the test installation until Ctrl-C, for a look around')
    .action(testEverything)
}

async function testEverything(names: string[], options: Options): Promise<void> {
  const seed = readSeed(options.seed)
  const parts = options.chaos ? (['chaos'] as const) : choosePartsOf(names)
  const environment = readEnvironment()
  const requirements = requirementsOf(parts)
  if (requirements.length > 0) await installRequirements(requirements)
  const isGood = await runSuites({
    environment,
    parts,
    chaos: chaosOf(options),
    histories: historiesOf(options),
    seed,
    updateScreenshots: options.updateScreenshots ?? false,
    beforeTearDown: async (cell) => {
      if (!options.keep) return
      console.log(
        `The test installation stays. Enter it with: MEDFORGE_CELL=${cell} tests/cell/cell exec bash. Ctrl-C removes it.`,
      )
      const keepAlive = setInterval(() => {}, 60_000)
      await once(process, 'SIGINT')
      clearInterval(keepAlive)
    },
  })
  if (!isGood) process.exitCode = 1
}

function historiesOf({ long, soak }: Options): number | null {
  if (soak) return 1_000_000
  return long ? 100_000 : null
}

function chaosOf({ chaos, long, soak }: Options): ChaosRun {
  if (!chaos && !long && !soak) return { scope: 'short' }
  return { scope: 'long', minutes: chaos ? CHAOS_MINUTES : LONG_MINUTES }
}

function readSeed(seed: string | undefined): number | null {
  if (seed === undefined) return null
  if (/^\d{1,9}$/.test(seed)) return Number(seed)
  throw new Failure(
    '--seed takes a whole number of up to nine digits.',
    'For example: ./medforge test unit --seed 42',
  )
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
