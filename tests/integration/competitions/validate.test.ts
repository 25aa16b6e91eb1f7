import type { SubmissionCheck } from '@medforge/contracts'
import type { Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { multipart, signIn, submit, TITANIC, test, titanicCsv, upload } from './site.ts'

const GOOD = titanicCsv()

function check(
  visitor: Visitor,
  content: string | Buffer,
  { slug = TITANIC, filename = 'prediction.csv', headers = {} } = {},
) {
  const form = multipart([{ name: 'file', filename, content }])
  return visitor.ask(`/competitions/${slug}/submissions/validate`, {
    method: 'POST',
    body: form.body,
    headers: { ...form.headers, ...headers },
  })
}

describe('checking a file', () => {
  test('accepts what would be accepted, uses no submission and keeps nothing', async ({
    site,
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 1 }).execute()
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, GOOD)
    const files = await site.files()
    const answer = await check(visitor, GOOD, { filename: '../my model.csv' })
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.data<SubmissionCheck>()).toEqual({
      filename: 'my model.csv',
      size_bytes: GOOD.length,
      daily_cap: 1,
      remaining_today: 0,
      resets_at: '2026-03-02T00:00:00.000Z',
    })
    expect(await site.files()).toEqual(files)
    expect(await db.selectFrom('submissions').select('id').execute()).toHaveLength(1)
  })

  test.for([
    { note: 'a fault in a row', content: GOOD.replace('892,0', '892,2') },
    { note: 'missing columns', content: GOOD.replace('Survived', 'survived') },
    { note: 'a wrong name', content: GOOD, filename: 'a.zip' },
    { note: 'too many bytes', content: `${GOOD}${' '.repeat(70_000)}` },
  ])(
    'refuses $note in the words of an upload',
    async ({ content, filename = 'a.csv' }, { site, db }) => {
      const api = await site.openApi({ SUBMISSION_UPLOAD_MAX_BYTES: '65536' })
      const { visitor } = await signIn(api, db)
      const [checked, uploaded] = [
        await check(visitor, content, { filename }),
        await upload(visitor, content, { filename }),
      ]
      const [output, saysUpload] = [checked, uploaded].map((answer) => {
        const { request_id: _id, instance: _path, ...rest } = JSON.parse(answer.text)
        return { status: answer.status, ...rest }
      })
      expect(output).toEqual(saysUpload)
      expect(await site.files()).toEqual([])
    },
  )

  test('is for people who are signed in, on our own pages, and for open competitions', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const output = async (answer: ReturnType<typeof check>) => {
      const { status, problem } = await answer
      return [status, problem().code]
    }
    const foreign = { headers: { origin: 'https://s-abcdefgh.medforge.localhost' } }
    expect(await output(check(visitor, GOOD, foreign))).toEqual([403, 'origin_not_allowed'])
    expect(await output(check(site_api.visitor(), GOOD))).toEqual([401, 'authentication_failed'])
    expect(await output(check(visitor, GOOD, { slug: 'nothing' }))).toEqual([
      404,
      'competition_not_found',
    ])
    await db.updateTable('competitions').set({ status: 'inactive' }).execute()
    expect(await output(check(visitor, GOOD))).toEqual([409, 'competition_closed'])
  })

  test('is no free processor: a person who checks all the time is refused with a Retry-After', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    for (let times = 0; times < 20; times += 1) expect((await check(visitor, 'x')).status).toBe(422)
    const refused = await check(visitor, 'x')
    expect([refused.status, refused.problem().code]).toEqual([429, 'rate_limit_exceeded'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    const other = await signIn(site_api, db)
    expect((await check(other.visitor, GOOD)).status).toBe(200)
    expect((await upload(visitor, GOOD)).status).toBe(201)
  })
})
