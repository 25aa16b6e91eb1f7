/**
 * How long from an upload to its score on the leaderboard, when nothing else happens and when a hundred files come at once; and what
 * computing a score costs, against the same in Python with numpy.
 * Run by `./medforge bench scoring`.
 */
import { parseArgs } from 'node:util'
import type { LeaderboardStanding, Submission, SubmissionAccepted } from '@medforge/contracts'
import {
  eventually,
  type Installation,
  openDatabase,
  readInstallation,
} from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { flip, readSample, TITANIC, upload } from '../support/submissions.ts'
import { type Comparison, compareComputing } from './compute.ts'
import { describeMachine } from './machine.ts'
import { conclude, ms, times } from './report.ts'
import { percentile } from './statistics.ts'

const BURST = 100
const PEOPLE = 20

const { values } = parseArgs({ options: { samples: { type: 'string', default: '30' } } })
const samples = Math.min(500, Math.max(5, Number(values.samples)))
const installation = readInstallation()
await liftCap(installation)
const sample = await readSample(installation)
const people = await Promise.all(
  Array.from({ length: PEOPLE }, (_, nth) => signUp(installation, `scoring-${nth}`)),
)
const [first] = people
if (!first) throw new Error('Nobody signed up.')

await measureOne(first, 0)
const idle: number[] = []
for (let nth = 0; nth < samples; nth += 1) idle.push(await measureOne(first, nth + 1))
const startedAt = performance.now()
const burst = await Promise.all(
  Array.from({ length: BURST }, (_, nth) => {
    const person = people[nth % PEOPLE] ?? first
    return measureOne(person, Math.floor(nth / PEOPLE) + 1)
  }),
)
const burstMs = performance.now() - startedAt
await eventually(
  async () => (await Promise.all(people.map(isMeasured))).every(Boolean),
  'an interval for everybody',
  { timeoutMs: 120_000, everyMs: 500 },
)
const measuredMs = performance.now() - startedAt - burstMs
const comparisons = await compareComputing()
const [cifar, rsna, ...metrics] = comparisons
if (!cifar || !rsna) throw new Error('Nothing was computed.')

conclude('scoring', {
  machine: await describeMachine(installation),
  tables: [
    {
      header: ['upload to score on the board', 'files', 'p50', 'p95'],
      rows: [
        ['one after the other', String(samples), ...shares(idle)],
        [`${BURST} at once, of ${PEOPLE} people`, String(BURST), ...shares(burst)],
      ],
    },
    {
      header: [
        'from file to score',
        'rows',
        'ours',
        'Python + numpy',
        'reading alone',
        'scoring alone',
        'its uncertainty, later',
      ],
      rows: comparisons.map(({ competition, rows, ours, reference, uncertaintyMs }) => [
        competition,
        String(rows),
        ms(ours.read + ours.score),
        ms(reference.read + reference.score),
        times(reference.read, ours.read),
        times(reference.score, ours.score),
        ms(uncertaintyMs),
      ]),
    },
  ],
  notes: [
    `${ms(measuredMs)} after the burst every person's best had its interval and its secondary metrics (the worker looks every 15 s).`,
    `The burst was scored at ${(BURST / (burstMs / 1000)).toFixed(0)} files a second, every one of them uploaded, checked and kept meanwhile.`,
    'Ours checks every cell of a file; the reference trusts it. Both read from the page cache; medians of 36 turns, taken in turn.',
  ],
  figures: { idle, burst, burstMs, measuredMs, comparisons },
  measured: {
    idleP95Ms: percentile(idle, 0.95),
    burstP95Ms: percentile(burst, 0.95),
    accuracyRatio: speedUp(cifar),
    mapIouRatio: speedUp(rsna),
    slowestRatio: Math.min(...metrics.map(speedUp)),
    slowestScoringRatio: Math.min(...metrics.map(speedUpOfScoring)),
    difference: Math.max(
      ...comparisons.map(({ ours, reference }) => Math.abs(ours.value - reference.value)),
    ),
  },
})

function speedUp({ ours, reference }: Comparison): number {
  return (reference.read + reference.score) / (ours.read + ours.score)
}

function speedUpOfScoring({ ours, reference }: Comparison): number {
  return reference.score / ours.score
}

function shares(taken: number[]): string[] {
  return [0.5, 0.95].map((share) => ms(percentile(taken, share)))
}

/** Milliseconds from the first byte sent until the leaderboard counts this file. */
async function measureOne(person: Person, flipped: number): Promise<number> {
  const begun = performance.now()
  const answer = await upload(person, flip(sample, flipped))
  if (answer.status !== 201) throw new Error(`An upload was refused: ${answer.text.slice(0, 300)}`)
  const { submission } = (answer.json() as { data: SubmissionAccepted }).data
  if (submission.official_score === null) {
    await eventually(
      async () => (await listScored(person)).some(({ id }) => id === submission.id),
      'a score',
      { timeoutMs: 60_000, everyMs: 50 },
    )
  }
  const taken = performance.now() - begun
  await assertCounted(person, submission.id)
  return taken
}

async function listScored(person: Person): Promise<Submission[]> {
  const answer = await person.api('GET', `${TITANIC}/submissions/me?limit=500`)
  const { data } = answer.json() as { data: Submission[] }
  return data.filter(({ official_score }) => official_score !== null)
}

/**
 * Outside of the measured time: a score is committed together with the board, so whoever saw it finds it counted there, and the best of
 * them as the person's place.
 */
async function assertCounted(person: Person, submissionId: string): Promise<void> {
  const scored = await listScored(person)
  const answer = await person.api('GET', `${TITANIC}/leaderboard/me`)
  const { entry } = (answer.json() as { data: LeaderboardStanding }).data
  const best = Math.max(...scored.map(({ official_score }) => official_score?.primary_score ?? 0))
  const isCounted =
    scored.some(({ id }) => id === submissionId) &&
    entry !== null &&
    entry.entries >= scored.length &&
    entry.primary_score >= best
  if (!isCounted) throw new Error('A score is not on the board.')
}

async function isMeasured(person: Person): Promise<boolean> {
  const answer = await person.api('GET', `${TITANIC}/leaderboard/me`)
  const { entry } = (answer.json() as { data: LeaderboardStanding }).data
  return entry?.interval != null && Object.keys(entry.secondary_scores).length > 0
}

async function liftCap(where: Installation): Promise<void> {
  await using db = openDatabase(where)
  await db.updateTable('competitions').set({ submission_cap_per_day: 10_000 }).execute()
}
