import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Session } from '@medforge/contracts'
import { docker, type Installation, openDatabase } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, visit } from '../support/sessions.ts'

const POLL_MS = 10
const LIMIT_MS = 60_000
const FIRST_PORT = 18_080

/** `--samples`: how many of each alone, and from that how many rounds of `--together` (as many as there are GPUs) at once. */
export function readAmounts(): { samples: number; rounds: number; together: number } {
  const { values } = parseArgs({
    options: {
      samples: { type: 'string', default: '15' },
      together: { type: 'string', default: '7' },
    },
  })
  const samples = Math.min(200, Math.max(1, Number(values.samples)))
  const together = Math.min(7, Math.max(1, Number(values.together)))
  return { samples, rounds: Math.max(1, Math.round(samples / 5)), together }
}

/** So many people, at least one, which the type says. */
export async function signUpMany(
  where: Installation,
  count: number,
): Promise<[Person, ...Person[]]> {
  const others = Array.from({ length: count - 1 }, () => signUp(where, 'bench'))
  return [await signUp(where, 'bench'), ...(await Promise.all(others))]
}

/** A session, and the milliseconds from the click to the IDE's first answer at its public address. */
export async function timeLaunch(where: Installation, who: Person) {
  const startedAt = performance.now()
  const session = await launch(who)
  const page = await visit(where, session.slug, who, '/healthz')
  if (page.status !== 200) throw new Error(`The IDE answered ${page.status}.`)
  return { session, elapsedMs: performance.now() - startedAt }
}

export type BareIde = { name: string; elapsedMs: number }

/** The same image with nothing around it, and the milliseconds until its first answer. */
export async function timeBareIde(where: Installation, index = 0): Promise<BareIde> {
  const name = `bench-bare-${randomBytes(4).toString('hex')}`
  const port = FIRST_PORT + index
  const startedAt = performance.now()
  try {
    const ports = ['--publish', `127.0.0.1:${port}:8080`]
    await docker('run', '--detach', '--name', name, ...ports, where.settings.PACK_IMAGE ?? '')
    while (!(await answers(port))) {
      if (performance.now() - startedAt > LIMIT_MS) throw new Error('The bare container is mute.')
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return { name, elapsedMs: performance.now() - startedAt }
  } catch (error) {
    await removeBareIde(name)
    throw error
  }
}

export async function removeBareIde(name: string): Promise<void> {
  await docker('rm', '--force', '--volumes', name)
}

async function answers(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
  await response?.arrayBuffer().catch(() => undefined)
  return response?.ok ?? false
}

/** Milliseconds of every step of these sessions, as the platform recorded them. */
export async function readSteps(
  where: Installation,
  sessions: readonly Session[],
): Promise<Map<string, number[]>> {
  await using db = openDatabase(where)
  const rows = await db
    .selectFrom('session_events')
    .select(['step', 'duration_ms'])
    .where('kind', '=', 'step')
    .where(
      'session_id',
      'in',
      sessions.map(({ id }) => id),
    )
    .orderBy('id')
    .execute()
  const steps = new Map<string, number[]>()
  for (const { step, duration_ms } of rows) {
    if (step === null || duration_ms === null) continue
    steps.set(step, [...(steps.get(step) ?? []), duration_ms])
  }
  return steps
}
