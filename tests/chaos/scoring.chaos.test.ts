import type { FailpointName } from '@medforge/api/lib/failpoints.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/installation.ts'
import { readSample } from '../support/submissions.ts'
import { type Chaos, HEAL_MS, openChaos } from './support/chaos.ts'
import type { Client } from './support/clients.ts'

let chaos: Chaos
let sample: string

beforeAll(async () => {
  chaos = await openChaos()
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

describe('a submission', () => {
  test('is scored once, and with the same score, whatever its worker is killed at', async () => {
    const { plane } = chaos
    const points: FailpointName[] = [
      'w1.claimed',
      'w2.read',
      'w3.computed',
      'w4.written_uncommitted',
      'w5.committed',
    ]
    const client = await chaos.client()
    const undisturbed = await client.upload(sample, ROWS)
    expect(undisturbed.outcome).toBe('ok')
    const uploads = []
    for (const at of points) {
      await plane.restart('worker', { failpoints: `${at}=kill` })
      const death = plane.death('worker')
      uploads.push((await chaos.client()).upload(sample, ROWS))
      await death
      chaos.history.note(`the worker died at ${at}`)
    }
    await plane.ready('worker')
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
  test.each<FailpointName>(['u1.temp_written', 'u2.renamed'])(
    'whose server is killed at %s has not happened: no row, no slot of the day',
    async (at) => {
      const client = await chaos.client()
      expect((await uploadKilledAt(client, at)).outcome).toBe('unknown')
      expect(await submissionsOf(client)).toEqual([])
      expect((await client.upload(sample, 1)).outcome).toBe('ok')
      await chaos.settle(`the server killed at ${at}`)
    },
  )

  test('whose server is killed at u3.row_committed has happened once, and is scored', async () => {
    const client = await chaos.client()
    await uploadKilledAt(client, 'u3.row_committed')
    const [submission, ...more] = await submissionsOf(client)
    expect(more).toEqual([])
    await eventually(() => scoreOf(submission?.id ?? ''), 'it is scored', { timeoutMs: HEAL_MS })
    await chaos.settle('the server killed at u3.row_committed')
  })
})

async function uploadKilledAt(client: Client, at: FailpointName) {
  await chaos.plane.restart('server', { failpoints: `${at}=kill` })
  const death = chaos.plane.death('server')
  const upload = client.upload(sample, 1)
  await death
  await chaos.plane.ready('server')
  return upload
}
