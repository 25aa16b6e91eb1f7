import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'
import { Failure } from '@medforge/cli/failure.ts'

function cellProgram(root: string): string {
  return join(root, 'tests/cell/cell')
}

/** As `tests/cell/cell` chooses it. */
export function cellName({ child }: CliEnvironment): string {
  return child.MEDFORGE_CELL ?? 'cell'
}

/** The command that runs `command` in the cell of this name that somebody holds. */
export function inCell(root: string, name: string, command: string[]): [string, ...string[]] {
  return ['env', `MEDFORGE_CELL=${name}`, cellProgram(root), 'exec', '--', ...command]
}

/**
 * Hold the test cell of this name (`tests/cell/cell`) until disposed, after whoever holds it now.
 *
 * It lives as long as the pipe to its holder, so a kill -9 of this process takes it away too.
 *
 * @throws Failure when this host cannot make one, or another run keeps it for half an hour
 */
export async function openCell(root: string, name: string): Promise<AsyncDisposable> {
  // In a process group of its own: Ctrl-C is for us, and we take the cell away in order.
  const holder = spawn('env', [`MEDFORGE_CELL=${name}`, cellProgram(root), 'hold', '--wait'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const gone = once(holder, 'exit')
  const complaints: string[] = []
  let isReady = false
  createInterface({ input: holder.stderr }).on('line', (line) => {
    complaints.push(line)
    if (!isReady) console.error(line) // later ones are the namespaces' own death rattle
  })
  const ready = await Promise.race([readLine(holder), gone.then(() => undefined)])
  isReady = ready === 'ready'
  if (!isReady) {
    holder.stdin.end()
    await gone
    throw new Failure(
      `The test cell could not be made (${complaints.at(-1) ?? 'it said nothing'}).`,
      'tests/README.md says what a cell is and needs. Run this again when that is settled.',
    )
  }
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end()
      await gone
    },
  }
}

async function readLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined
  for await (const line of createInterface({ input: child.stdout })) return line
  return undefined
}
