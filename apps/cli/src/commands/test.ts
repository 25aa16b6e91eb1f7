import { once } from 'node:events'
import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { ensurePackages } from '../host/packages.ts'
import { createProgress } from '../terminal/progress.ts'
import { requirementsOf } from '../testing/packages.ts'
import { runSuites } from '../testing/run-suites.ts'
import { PARTS, type Part } from '../testing/suites.ts'

type Options = { updateScreenshots?: boolean; keep?: boolean }

export function registerTest(program: Command): void {
  program
    .command('test')
    .description(
      'run every check and test, on an installation of its own beside whatever runs here',
    )
    .argument('[parts...]', `only these: ${PARTS.join(', ')}`)
    .option('--update-screenshots', 'let the browser journey replace the pictures in docs/images')
    .option('--keep', 'keep the test installation until Ctrl-C, for a look around')
    .action(testEverything)
}

async function testEverything(names: string[], options: Options): Promise<void> {
  const parts = choosePartsOf(names)
  const environment = readEnvironment()
  const say = (line: string) => console.log(line)
  const requirements = requirementsOf(parts)
  if (requirements.length > 0) {
    const installed = await ensurePackages(requirements, createProgress(process.stderr))
    if (installed.length > 0) say(`installed ${installed.join(' ')}`)
  }
  const isGood = await runSuites({
    environment,
    parts,
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
  if (!isGood) process.exitCode = 1
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
