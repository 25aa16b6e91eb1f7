/**
 * Does anything drop or leak? Seven people with an open IDE each, its websocket held with the IDE's own protocol, calls through it every
 * few seconds, and the requests of an open dashboard beside it. Run by `./medforge bench soak --minutes 60`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Session } from '@medforge/contracts'
import { type Ask, ask } from '../support/https.ts'
import { readInstallation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, stop, visit } from '../support/sessions.ts'
import { type IdeConnection, openIdeConnection } from './ide-connection.ts'
import { describeMachine } from './machine.ts'
import { findPlatformProcesses, type Sample, takeSample } from './platform-processes.ts'
import { conclude, formatFigure, SPREAD_HEADER, spreadRow } from './report.ts'
import { slope } from './statistics.ts'

const IDES = 7
const CALL_EVERY_MS = 3_000
const CALL_LIMIT_MS = 20_000
const POLL_EVERY_MS = 5_000
// Over the time after the first third, which is warming up: what is less, or disappears in the noise of a short run, is no leak.
const GROWTH_MAX_MB_PER_HOUR = 40
const GROWTH_MIN_MB = 8
const FILES_MORE_MAX = 30

type Desk = {
  person: Person
  session: Session
  ide: IdeConnection
  dropped: string | undefined
  calls: number
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } })
const minutes = Math.min(24 * 60, Math.max(1, Number(values.minutes)))
const installation = readInstallation()
let endsAtMs = Number.POSITIVE_INFINITY
const calls: number[] = []
const polls: number[] = []
let lostCalls = 0
const failures: string[] = []

const desks: Desk[] = []
const samples: Sample[] = []
for (let index = 0; index < IDES; index += 1) desks.push(await openDesk())
const processes = await findPlatformProcesses()
// From here on: however long the launches took, the IDEs are open for all of the time.
endsAtMs = performance.now() + minutes * 60_000
const everyMs = Math.max(5_000, Math.min(30_000, (minutes * 60_000) / 60))
await Promise.all([
  ...desks.flatMap((desk) => [callAgain(desk), pollAgain(desk)]),
  untilEnd(everyMs, async () => {
    samples.push(await takeSample(installation, processes))
  }),
])
const drops = desks.flatMap(({ dropped }) => (dropped === undefined ? [] : [dropped]))
const closing = await Promise.all(desks.map(closeDesk))

const names = Object.keys(samples[0]?.processes ?? {})
const settled = samples.slice(Math.floor(samples.length / 3))
const growth = names.map((name) => {
  const first = settled[0]?.processes[name]
  const last = samples.at(-1)?.processes[name]
  const points = settled.map((sample) => ({
    x: sample.atMs / 3_600_000,
    y: (sample.processes[name]?.rssBytes ?? 0) / 2 ** 20,
  }))
  return {
    name,
    startMb: (first?.rssBytes ?? 0) / 2 ** 20,
    endMb: (last?.rssBytes ?? 0) / 2 ** 20,
    mbPerHour: slope(points),
    startFiles: first?.openFiles ?? 0,
    endFiles: last?.openFiles ?? 0,
  }
})
const isLeak = (one: (typeof growth)[number]) =>
  (one.mbPerHour > GROWTH_MAX_MB_PER_HOUR && one.endMb - one.startMb > GROWTH_MIN_MB) ||
  one.endFiles - one.startFiles > FILES_MORE_MAX
const counts = Object.keys(samples[0]?.counts ?? {}).map((name) => [
  name,
  String(samples[0]?.counts[name] ?? 0),
  String(samples.at(-1)?.counts[name] ?? 0),
])

conclude('soak', {
  machine: await describeMachine(installation),
  tables: [
    {
      header: [
        'process',
        'memory after a third',
        'at last',
        'slope',
        'open files after a third',
        'at last',
      ],
      rows: growth.map((one) => [
        one.name,
        `${formatFigure(one.startMb)} MB`,
        `${formatFigure(one.endMb)} MB`,
        `${one.mbPerHour.toFixed(1)} MB/h`,
        String(one.startFiles),
        String(one.endFiles),
      ]),
    },
    { header: ['in the database', 'at first', 'at last'], rows: counts },
    {
      header: SPREAD_HEADER,
      rows: [
        spreadRow('call through the websocket (the IDE takes a second)', calls),
        spreadRow('request of an open page', polls),
        spreadRow('socket closed after the click on stop', closing),
      ],
    },
  ],
  notes: [
    `${IDES} IDEs for ${minutes} minutes, ${samples.length} samples; the slope leaves the first third out, which is warming up.`,
    ...drops.map((why) => `dropped: ${why}`),
    ...failures.slice(0, 10).map((what) => `failed: ${what}`),
  ],
  figures: { minutes, growth, counts, drops, failures, calls: calls.length, polls: polls.length },
  measured: {
    drops: drops.length,
    failedRequests: failures.length,
    lostEchoes: lostCalls,
    samples: samples.length,
    callsOfQuietest: Math.min(...desks.map((desk) => desk.calls)),
    leaks: growth.filter(isLeak).length,
  },
})
// Connections that were kept alive would hold the process.
process.exit()

async function openDesk(): Promise<Desk> {
  const person = await signUp(installation, 'soak')
  const session = await launch(person)
  const page = await visit(installation, session.slug, person, '/?folder=/workspace')
  const [, commit] = /stable-([0-9a-f]{40})/.exec(page.text) ?? []
  if (commit === undefined) throw new Error('The IDE’s page does not name its build.')
  const host = installation.sessionHost(session.slug)
  const ide = await openIdeConnection(host, commit, { cookie: person.cookie })
  const desk: Desk = { person, session, ide, dropped: undefined, calls: 0 }
  void ide.ended.then((why) => {
    if (performance.now() < endsAtMs) desk.dropped = `${session.slug}: ${why}`
  })
  return desk
}

/** Milliseconds from the click on stop to the end of the websocket. */
async function closeDesk({ person, session, ide }: Desk): Promise<number> {
  const startedAt = performance.now()
  const [, elapsed] = await Promise.all([
    stop(person, session),
    ide.ended.then(() => performance.now() - startedAt),
  ])
  return elapsed
}

function callAgain(desk: Desk): Promise<void> {
  return untilEnd(CALL_EVERY_MS, async () => {
    if (desk.dropped !== undefined) return
    const startedAt = performance.now()
    try {
      await desk.ide.roundTrip(CALL_LIMIT_MS)
      calls.push(performance.now() - startedAt)
      desk.calls += 1
    } catch {
      lostCalls += 1
    }
  })
}

/** What an open dashboard and an open IDE ask meanwhile. */
function pollAgain({ person, session }: Desk): Promise<void> {
  const headers = { cookie: person.cookie }
  const asks: Ask[] = [
    { host: installation.apiHost, path: '/api/v1/sessions/current', headers },
    { host: installation.apiHost, path: '/api/v1/me', headers },
    { host: installation.sessionHost(session.slug), path: '/healthz', headers },
    { host: installation.webHost, path: '/dashboard', headers },
  ]
  return untilEnd(POLL_EVERY_MS, async () => {
    for (const one of asks) {
      const startedAt = performance.now()
      const status = await ask(one).then(
        (answer) => answer.status,
        (error: Error) => error.message,
      )
      polls.push(performance.now() - startedAt)
      if (status !== 200) failures.push(`${one.host}${one.path}: ${status}`)
    }
  })
}

async function untilEnd(everyMs: number, work: () => Promise<void>): Promise<void> {
  while (performance.now() < endsAtMs) {
    await work()
    await sleep(Math.max(0, Math.min(everyMs, endsAtMs - performance.now())))
  }
}
