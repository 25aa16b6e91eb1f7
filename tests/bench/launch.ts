/**
 * How much slower is a launch than a bare container? Alternately: `POST /sessions` until the IDE answers through Caddy, and `docker run`
 * of the same image until its `/healthz` answers; then seven of each at once. Run by `./medforge bench launch`.
 */
import { LAUNCH_STEPS, type Session } from '@medforge/contracts'
import { readInstallation } from '../support/installation.ts'
import { stop } from '../support/sessions.ts'
import { describeMachine } from './machine.ts'
import { conclude, ms, SPREAD_HEADER, spreadRow, times } from './report.ts'
import {
  readAmounts,
  readSteps,
  removeBareIde,
  signUpMany,
  timeBareIde,
  timeLaunch,
} from './sessions.ts'
import { percentile } from './statistics.ts'

const { samples, rounds, together: atOnce } = readAmounts()
const installation = readInstallation()
const [person, ...others] = await signUpMany(installation, atOnce)
const people = [person, ...others]

await launchAlone()
await bareAlone()
const alone: { launches: number[]; bares: number[]; sessions: Session[] } = {
  launches: [],
  bares: [],
  sessions: [],
}
for (let index = 0; index < samples; index += 1) {
  const { session, elapsedMs } = await launchAlone()
  alone.launches.push(elapsedMs)
  alone.sessions.push(session)
  alone.bares.push(await bareAlone())
}
const together: { launches: number[]; bares: number[] } = { launches: [], bares: [] }
for (let round = 0; round < rounds; round += 1) {
  together.launches.push(...(await launchTogether()))
  together.bares.push(...(await bareTogether()))
}

const steps = await readSteps(installation, alone.sessions)
const p50 = percentile(alone.launches, 0.5)
const stepRows = LAUNCH_STEPS.map((step) => ({
  step,
  p50: percentile(steps.get(step) ?? [0], 0.5),
}))
const rest = p50 - stepRows.reduce((sum, one) => sum + one.p50, 0)
const share = (part: number) => `${((100 * part) / p50).toFixed(0)} %`
const ratio = (of: typeof together, at: number) =>
  percentile(of.launches, at) / percentile(of.bares, at)

conclude('launch', {
  machine: await describeMachine(installation),
  tables: [
    {
      header: SPREAD_HEADER,
      rows: [
        spreadRow('POST /sessions to the IDE through Caddy', alone.launches),
        spreadRow('docker run to /healthz', alone.bares),
        spreadRow(`${atOnce} launches at once`, together.launches),
        spreadRow(`${atOnce} docker runs at once`, together.bares),
      ],
    },
    {
      header: ['ours/bare', 'p50', 'p95'],
      rows: [
        ['alone', ...[0.5, 0.95].map((at) => times(ratio(alone, at), 1))],
        [`${atOnce} at once`, ...[0.5, 0.95].map((at) => times(ratio(together, at), 1))],
      ],
    },
    {
      header: ['step of a launch', 'p50', 'share'],
      rows: [
        ...stepRows.map((one) => [one.step, ms(one.p50), share(one.p50)]),
        ['the request before, the answer and the first page', ms(rest), share(rest)],
      ],
    },
  ],
  notes: [
    'What is written beside a step (records, events) is not part of it. Times of several at once are those of each of them.',
  ],
  figures: { alone: { ...alone, sessions: undefined }, together, steps: stepRows, rest },
  measured: { p50Ratio: ratio(alone, 0.5), togetherRatio: ratio(together, 0.5) },
})

async function launchAlone() {
  const launched = await timeLaunch(installation, person)
  await stop(person, launched.session)
  return launched
}

async function bareAlone(): Promise<number> {
  const { name, elapsedMs } = await timeBareIde(installation)
  await removeBareIde(name)
  return elapsedMs
}

async function launchTogether(): Promise<number[]> {
  const launched = await Promise.all(people.map((who) => timeLaunch(installation, who)))
  await Promise.all(
    people.map((who, index) => {
      const one = launched[index]
      return one ? stop(who, one.session) : undefined
    }),
  )
  return launched.map(({ elapsedMs }) => elapsedMs)
}

async function bareTogether(): Promise<number[]> {
  const started = await Promise.all(people.map((_, index) => timeBareIde(installation, index)))
  await Promise.all(started.map(({ name }) => removeBareIde(name)))
  return started.map(({ elapsedMs }) => elapsedMs)
}
