import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import { afterAll, describe, expect } from 'vitest'
import { eventually } from '../support/installation.ts'
import { readSample } from '../support/submissions.ts'
import { type Chaos, HEAL_MS, isLong, type KillPoint, openChaos } from './support/chaos.ts'
import type { Client } from './support/clients.ts'
import { test } from './support/test.ts'

let chaos: Chaos
let sample: string

test.beforeAll(async ({ plane }) => {
  chaos = await openChaos(plane)
  await chaos.allUp()
  sample = await readSample(chaos.installation)
})
afterAll(() => chaos?.[Symbol.asyncDispose]())

// A file that the same worker scores in peace, to compare with.
const ROWS = 7

const scoreOf = async (submissionId: string) =>
  chaos.db
    .selectFrom('submission_scores')
    .select('primary_score')
    .where('submission_id', '=', submissionId)
    .where('is_official', '=', true)
    .executeTakeFirst()

const submissionsOf = (client: Client) =>
  chaos.db
    .selectFrom('submissions')
    .select(['id', 'stored_name'])
    .where('user_id', '=', client.person.user_id)
    .execute()

const WORKER_POINTS: FailpointName[] = isLong()
  ? ['w1.claimed', 'w2.read', 'w3.computed', 'w4.written_uncommitted', 'w5.committed']
  : ['w4.written_uncommitted']

describe('a submission', () => {
  test(`is scored once, and with the same score, where its worker is killed at ${WORKER_POINTS.join(', ')}`, async () => {
    const { plane } = chaos
    const points = WORKER_POINTS
    const client = await chaos.client()
    const undisturbed = await client.upload(sample, ROWS)
    expect(undisturbed.outcome).toBe('ok')
    const uploads = []
    await plane.restart('worker', { failpoints: `${points[0]}=kill` })
    for (const [index, at] of points.entries()) {
      const next = points[index + 1]
      plane.arm('worker', next ? `${next}=kill` : '')
      const death = plane.death('worker')
      uploads.push((await chaos.client()).upload(sample, ROWS))
      await death
      chaos.history.note(`the worker died at ${at}`)
      await plane.ready('worker')
    }
    const operations = [undisturbed, ...(await Promise.all(uploads))]
    for (const { outcome, subject } of operations) {
      expect(outcome).toBe('ok')
      const score = await eventually(() => scoreOf(subject ?? ''), `${subject} is scored`, {
        timeoutMs: HEAL_MS,
      })
      expect(score).toEqual(await scoreOf(undisturbed.subject ?? ''))
    }
    await chaos.settle('workers killed at every step')
  })
})

describe('an upload', () => {
  const at = (point: FailpointName): KillPoint => ({ at: point, of: 'server' })
  const whole: { point: KillPoint; next?: KillPoint }[] = [
    { point: at('u1.temp_written'), next: at('u2.renamed') },
    { point: at('u2.renamed'), next: at('u3.row_committed') },
  ]

  test.each(isLong() ? whole : [{ point: at('u2.renamed') }])(
    'whose server is killed at $point.at has not happened: no row, no slot of the day',
    async ({ point, next }) => {
      const client = await chaos.client()
      const upload = await chaos.killedAt(point, () => client.upload(sample, 1), next)
      expect(upload.outcome).toBe('unknown')
      expect(await submissionsOf(client)).toEqual([])
    },
  )

  if (isLong()) {
    test('whose server is killed at u3.row_committed has happened once, and is scored', async () => {
      const client = await chaos.client()
      await chaos.killedAt(at('u3.row_committed'), () => client.upload(sample, 1))
      const [submission, ...more] = await submissionsOf(client)
      expect(more).toEqual([])
      await eventually(() => scoreOf(submission?.id ?? ''), 'it is scored', { timeoutMs: HEAL_MS })
      expect((await client.upload(sample, 2)).outcome).toBe('ok')
    })
  }
})
