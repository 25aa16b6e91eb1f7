/**
 * How soon is a GPU free again? From the click on stop until the session is stopped (its container gone, its workspace kept by a
 * snapshot), against `docker rm -f` and `zfs snapshot` of the same; each stop is followed by a create of the same person at once.
 * Run by `./medforge bench stop`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Session, STOP_STEPS } from '@medforge/contracts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { type Installation, readInstallation, runOnHost } from '../support/installation.ts'
import type { Person } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { describeMachine } from './machine.ts'
import { conclude, SPREAD_HEADER, spreadRow, times } from './report.ts'
import { readAmounts, readSteps, removeBareIde, signUpMany, timeBareIde } from './sessions.ts'
import { percentile } from './statistics.ts'

const POLL_MS = 20
const LIMIT_MS = 60_000
const Answered = Type.Object({ data: Session })

const { samples, rounds, together: atOnce } = readAmounts()
const installation = readInstallation()
const [person, ...others] = await signUpMany(installation, atOnce)
const people = [person, ...others]

const stopped: Session[] = []
const alone: number[] = []
const together: number[] = []
const bare: number[] = []
const refusals: string[] = []
let session = await launch(person)
for (let index = 0; index < samples; index += 1) {
  alone.push(await timeStop(person, session))
  stopped.push(session)
  session = (await createAtOnce(person)) ?? (await launch(person))
  bare.push(await timeBareStop(installation, session))
}
await stop(person, session)
for (let round = 0; round < rounds; round += 1) {
  const sessions = await Promise.all(people.map((who) => launch(who)))
  const stops = people.map((who, index) => {
    const one = sessions[index]
    return one ? timeStop(who, one) : 0
  })
  together.push(...(await Promise.all(stops)))
}

const steps = await readSteps(installation, stopped)
conclude('stop', {
  machine: await describeMachine(installation),
  tables: [
    {
      header: SPREAD_HEADER,
      rows: [
        spreadRow('click on stop to a free GPU', alone),
        spreadRow('docker rm -f and zfs snapshot', bare),
        spreadRow(`${atOnce} stops at once`, together),
        ...STOP_STEPS.map((step) => spreadRow(`its step ${step}`, steps.get(step) ?? [0])),
      ],
    },
    {
      header: ['ours/bare', 'p50', 'p95'],
      rows: [
        [
          'alone',
          ...[0.5, 0.95].map((share) => times(percentile(alone, share), percentile(bare, share))),
        ],
      ],
    },
  ],
  notes: [
    `${samples - refusals.length} of ${samples} creates right after a stop of the same person were accepted.`,
    'An IDE is idle where nobody opened a page of it. The API is asked every 20 ms whether the session is stopped.',
    ...refusals.map((text) => `refused: ${text}`),
  ],
  figures: { alone, bare, together, refusals, steps: Object.fromEntries(steps) },
  measured: { p95Ms: percentile(alone, 0.95), refusedCreates: refusals.length },
})

/** Milliseconds until the API says that the session is stopped, which it does once its GPU can be handed out again. */
async function timeStop(who: Person, one: Session): Promise<number> {
  const startedAt = performance.now()
  const answer = await who.api('POST', `/sessions/${one.id}/stop`)
  if (answer.status !== 202) throw new Error(`The stop was answered ${answer.status}.`)
  for (;;) {
    const { data } = Value.Parse(Answered, (await who.api('GET', `/sessions/${one.id}`)).json())
    if (data.status === 'stopped') return performance.now() - startedAt
    if (data.status === 'error') throw new Error(`The stop failed: ${data.error_message}`)
    if (performance.now() - startedAt > LIMIT_MS) throw new Error('The session does not stop.')
    await sleep(POLL_MS)
  }
}

/** The next session of somebody whose last one was stopped just now; undefined where it was refused. */
async function createAtOnce(who: Person): Promise<Session | undefined> {
  try {
    return await launch(who)
  } catch (error) {
    refusals.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** The same two things by hand: an idle container of the image goes, and a workspace gets a snapshot. */
async function timeBareStop(where: Installation, beside: Session): Promise<number> {
  const { name } = await timeBareIde(where)
  const snapshot = `${beside.workspace_zfs}@bench-${Date.now()}`
  const startedAt = performance.now()
  await removeBareIde(name)
  await runOnHost('zfs', 'snapshot', snapshot)
  const elapsed = performance.now() - startedAt
  await runOnHost('zfs', 'destroy', snapshot)
  return elapsed
}
