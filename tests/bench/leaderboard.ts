/**
 * How soon does a leaderboard answer: its first page, a deep page, somebody's own rank? On 150,000 submissions by 10,000 people and on ten
 * times the submissions by the same people, by HTTP from the real server process; against one query over all scores in the same database.
 * Run by `./medforge bench leaderboard`.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import {
  type Envelope,
  type Leaderboard,
  type LeaderboardEntry,
  type LeaderboardStanding,
  SESSION_COOKIE,
} from '@medforge/contracts'
import { openMariadb } from '@medforge/test-support'
import { createWorld, PEOPLE, SLUG } from './leaderboard-world.ts'
import { describeHost } from './machine.ts'
import { prioritize } from './processes.ts'
import { conclude, ms, times } from './report.ts'
import { startServer } from './server-process.ts'
import { percentile } from './statistics.ts'

const PORT = 18_002
const BOARD = `http://127.0.0.1:${PORT}/api/v1/competitions/${SLUG}/leaderboard`
const SIGNED_IN = 50
const BASELINE_SAMPLES = 3

type Kind = 'first' | 'deep' | 'me'
const KINDS = { first: 'first page of 50', deep: 'page of 50 from rank 9,001', me: 'my rank' }
const kinds = Object.keys(KINDS) as Kind[]

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '200' },
    submissions: { type: 'string', default: '150000' },
  },
})
const samples = Math.min(2000, Math.max(20, Number(values.samples)))
const small = Math.max(50_000, Number(values.submissions))
await using mariadb = await openMariadb()
const sessionSecret = randomBytes(36).toString('base64')
await using world = await createWorld(mariadb.url, sessionSecret)
await using _server = await startServer({
  databaseUrl: world.databaseUrl,
  sessionSecret,
  port: PORT,
})

const tokens = await world.signIn(SIGNED_IN)
const sizes = [await measure(small), await measure(small * 10)] as const
const [first, second] = sizes

const p95 = (size: Measured, kind: Kind) => percentile(size.latencies[kind], 0.95)

conclude('leaderboard', {
  machine: describeHost(),
  tables: [
    {
      header: ['submissions', 'what', 'n', 'p50', 'p95', 'max'],
      rows: sizes.flatMap((size) => [
        ...kinds.map((kind) => row(size, KINDS[kind], size.latencies[kind])),
        row(size, 'first page as one query over all scores', size.baseline),
      ]),
    },
    {
      header: ['ratio', ''],
      rows: [
        ...kinds.map((kind) => [
          `${KINDS[kind]}, p95, ten times the submissions`,
          times(p95(second, kind), p95(first, kind)),
        ]),
        ['making the whole board again, first size', ms(first.rebuildMs)],
        ['making the whole board again, second size', ms(second.rebuildMs)],
      ],
    },
  ],
  notes: [
    `${PEOPLE} people; scores are multiples of 1/418, so nearly everybody ties with somebody.`,
    'Every entry has its interval, two secondary metrics and whether it is tied with the first; two baselines stand beside them.',
    'One request after another over a kept-alive connection, the three kinds by turns, authentication included for "my rank".',
  ],
  figures: { sizes },
  measured: {
    p95Ms: Math.max(...kinds.map((kind) => p95(first, kind))),
    growth: Math.max(...kinds.map((kind) => p95(second, kind) / p95(first, kind))),
  },
})

type Measured = {
  submissions: number
  rebuildMs: number
  latencies: Record<Kind, number[]>
  baseline: number[]
}

async function measure(submissions: number): Promise<Measured> {
  console.error(`writing submissions until there are ${submissions}`)
  // Filling takes a while and waits for other work of the machine; what is measured takes seconds, and other work waits.
  prioritize(constants.priority.PRIORITY_BELOW_NORMAL)
  const rebuildMs = await world.grow(submissions)
  prioritize(constants.priority.PRIORITY_HIGHEST)
  const deep = await deepAddress()
  const latencies: Measured['latencies'] = { first: [], deep: [], me: [] }
  for (let index = -20; index < samples; index += 1) {
    const token = tokens[(index + 20) % tokens.length] ?? ''
    const round = {
      first: await timed(BOARD),
      deep: await timed(deep),
      me: await timed(`${BOARD}/me`, token),
    }
    // The first rounds warm up.
    if (index >= 0) for (const kind of kinds) latencies[kind].push(round[kind])
  }
  const baseline: number[] = []
  for (let index = 0; index < BASELINE_SAMPLES; index += 1) {
    const startedAt = performance.now()
    await world.queryBoard(50)
    baseline.push(performance.now() - startedAt)
  }
  return { submissions, rebuildMs, latencies, baseline }
}

/** The address of the page after rank 9,000, found by turning pages. */
async function deepAddress(): Promise<string> {
  let address = `${BOARD}?limit=500`
  for (let shown = 0; shown < PEOPLE - 1000; shown += 500) {
    const { data, meta } = (await (await fetch(address)).json()) as Envelope<Leaderboard>
    if (data.entries[0]?.rank !== shown + 1) throw new Error(`Rank ${shown + 1} is missing.`)
    address = `${BOARD}?limit=500&cursor=${meta.next_cursor}`
  }
  return address.replace('limit=500', 'limit=50')
}

async function timed(address: string, token?: string): Promise<number> {
  const headers = token === undefined ? {} : { cookie: `${SESSION_COOKIE}=${token}` }
  const startedAt = performance.now()
  const answer = await fetch(address, { headers })
  const body = (await answer.json()) as Envelope<Leaderboard | LeaderboardStanding>
  const elapsed = performance.now() - startedAt
  const isWhole =
    'entries' in body.data
      ? body.data.entries.filter(isMeasured).length === 50 &&
        body.data.reference_entries.length === 2
      : body.data.entry !== null && isMeasured(body.data.entry)
  if (!answer.ok || !isWhole || !body.meta) throw new Error(`${address}: ${JSON.stringify(body)}`)
  return elapsed
}

/** Whether everything is there that a board shows beside the score. */
function isMeasured({ interval, tied_with_first, secondary_scores }: LeaderboardEntry): boolean {
  return interval !== null && tied_with_first !== null && Object.keys(secondary_scores).length === 2
}

function row(size: Measured, what: string, latencies: number[]): string[] {
  const shares = [0.5, 0.95, 1].map((share) => ms(percentile(latencies, share)))
  return [String(size.submissions), what, String(latencies.length), ...shares]
}
