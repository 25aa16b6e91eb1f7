import { describe, expect } from 'vitest'
import {
  multipart,
  type Part,
  signIn,
  statusOf,
  submit,
  TITANIC,
  test,
  titanicCsv,
  upload,
} from './site.ts'

const GOOD = titanicCsv()
const LATIN = Buffer.from(GOOD.replace('900,0', '900,\xe9'), 'latin1')
const LATIN_IGNORED = Buffer.from(
  GOOD.replace('Survived\n', 'Survived,n\n').replaceAll(',0\n', ',0,\xe9\n'),
  'latin1',
)

describe('a file that fits', () => {
  test('is accepted, kept under a name of ours, and counted', async ({ site, site_api, db }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const accepted = await submit(visitor, GOOD, { filename: 'my model.csv' })
    expect(accepted).toEqual({
      submission: {
        id: expect.any(String),
        competition_slug: TITANIC,
        user_id: userId,
        filename: 'my model.csv',
        score_status: 'queued',
        score_error: null,
        created_at: '2026-03-01T12:00:00.000000Z',
        scored_at: null,
        official_score: null,
        exclusion: null,
        note: null,
      },
      daily_cap: 20,
      remaining_today: 19,
      resets_at: '2026-03-02T00:00:00.000Z',
    })
    const row = await statusOf(db, accepted.submission.id)
    expect(await site.files()).toEqual([row.stored_name])
    expect(row.stored_name).toBe(`${row.id}.csv`)
    expect(row.size_bytes).toBe(GOOD.length)
  })

  test.for([
    { note: 'BOM and CRLF', content: `\ufeff${GOOD.replaceAll('\n', '\r\n')}` },
    { note: 'no last line end', content: GOOD.trimEnd() },
    { note: 'quoted cells', content: GOOD.replace(/(\d+),(\d)/g, '"$1","$2"') },
    { note: 'another order of rows', content: reverseRows(GOOD) },
    {
      note: 'more columns in another order',
      content: GOOD.replace(/(.+),(.+)/g, '$2,=1+1,$1').replace('=1+1', 'x'),
    },
    { note: 'blank lines at the end', content: `${GOOD}\n\r\n` },
    { note: 'Latin-1 in a column that is ignored', content: LATIN_IGNORED },
    { note: 'labels as decimals', content: GOOD.replaceAll(',0\n', ',0.0\n') },
  ])('is accepted with $note', async ({ content }, { site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    expect((await upload(visitor, content)).status).toBe(201)
  })

  test.for([
    { given: '../../etc/passwd.csv', shown: 'passwd.csv' },
    { given: 'C:\\Users\\me\\out.CSV', shown: 'out.CSV' },
    { given: 'a\u202efdp\u0007.csv', shown: 'afdp.csv' },
    { given: `${'x'.repeat(10_000)}.csv`, shown: expect.stringMatching(/^x{200,240}…x+\.csv$/) },
    { given: '<b>é漢.csv', shown: '<b>é漢.csv' },
  ])('may be named $given', async ({ given, shown }, { site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD, { filename: given })
    expect(submission.filename).toEqual(shown)
  })
})

describe('a file that does not fit', () => {
  test.for([
    {
      note: 'missing columns',
      content: 'id,label\n1,0\n',
      message: 'required columns: PassengerId, Survived',
    },
    { note: 'an id twice', content: `${GOOD}892,0\n`, message: 'more than once' },
    { note: 'a missing id', content: GOOD.replace('1000,0\n', ''), message: '"1000"' },
    { note: 'an unknown id', content: `${GOOD}1,0\n`, message: '"1" (row 420)' },
    {
      note: 'a short row',
      content: GOOD.replace('900,0', '900'),
      message: 'Row 10 has fewer cells',
    },
    {
      note: 'an empty cell',
      content: GOOD.replace('900,0', '900,'),
      message: 'Row 10 has no "Survived"',
    },
    { note: 'a number that is none', content: GOOD.replace('900,0', '900,nan'), message: '"nan"' },
    { note: 'a label out of range', content: GOOD.replace('900,0', '900,2'), message: '"2"' },
    {
      note: 'a lone carriage return',
      content: GOOD.replace('900,0\n', '900,0\r'),
      message: 'Line 10',
    },
    { note: 'NUL', content: GOOD.replace('900,0', '900,\0'), message: 'Line 10' },
    { note: 'Latin-1', content: LATIN, message: 'bytes that are not UTF-8' },
    { note: 'UTF-16', content: Buffer.from(GOOD, 'utf16le'), message: 'UTF-16' },
    {
      note: 'a spreadsheet',
      content: Buffer.from('PK\x03\x04\x14\0\x06\0rest'),
      message: 'spreadsheet',
    },
    { note: 'nothing', content: '', message: 'required columns' },
  ])(
    'is refused for $note, costs nothing and leaves nothing',
    async ({ content, message }, { site, site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      const answer = await upload(visitor, content)
      expect(answer.status).toBe(422)
      const problem = answer.problem()
      expect(problem.code).toBe('submission_validation_failed')
      expect(problem.detail).toContain(message)
      expect(problem.detail).toContain('cost no submission')
      expect(problem.errors?.[0]).toMatchObject({
        loc: ['body', 'file'],
        type: expect.stringMatching(/^value_error\./),
        ctx: { total: expect.any(Number) },
      })
      expect(problem.errors?.[0]?.ctx).toHaveProperty('row')
      expect(problem.errors?.[0]?.ctx).toHaveProperty('column')
      expect(await site.files()).toEqual([])
      expect((await submit(visitor, GOOD)).remaining_today).toBe(19)
    },
  )

  test('is refused with each kind of fault once, and all counted', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const faulty = GOOD.replaceAll(',0\n', ',7\n').replace('900,7', '900')
    const { errors } = (await upload(visitor, faulty)).problem()
    expect(errors).toMatchObject([
      {
        type: 'value_error.out_of_range',
        ctx: { row: 2, column: 'Survived', count: 417, total: 418 },
      },
      { type: 'value_error.short_row', ctx: { row: 10, column: null, count: 1, total: 418 } },
    ])
  })

  test('is refused when it is too large, with both sizes', async ({ site, db }) => {
    const api = await site.openApi({ SUBMISSION_UPLOAD_MAX_BYTES: '4096' })
    const { visitor } = await signIn(api, db)
    expect((await upload(visitor, GOOD)).status).toBe(201)
    const answer = await upload(visitor, GOOD.padEnd(4097, 'x'))
    expect(answer.status).toBe(422)
    expect(answer.problem()).toMatchObject({
      code: 'submission_too_large',
      errors: [
        {
          loc: ['body', 'file'],
          type: 'value_error.submission_too_large',
          msg: expect.stringContaining('4096'),
          ctx: { max_bytes: 4096, size_bytes: 4097 },
        },
      ],
    })
    expect(await site.files()).toHaveLength(1)
  })

  test.for([{ name: 'model.txt' }, { name: 'archive.csv.gz' }, { name: '.csv/' }])(
    'is refused when it is named $name',
    async ({ name }, { site, site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      const answer = await upload(visitor, GOOD, { filename: name })
      expect(answer.status).toBe(422)
      expect(answer.problem().detail).toContain('.csv')
      expect(await site.files()).toEqual([])
    },
  )
})

describe('a request that is no upload', () => {
  const file: Part = { name: 'file', filename: 'a.csv', content: GOOD }
  test.for<{ note: string; parts: Part[] }>([
    { note: 'no part at all', parts: [] },
    { note: 'a part of another name', parts: [{ ...file, name: 'upload' }] },
    { note: 'a field instead of a file', parts: [{ name: 'file', content: GOOD }] },
    { note: 'two files', parts: [file, file] },
    { note: 'a field beside the file', parts: [file, { name: 'remark', content: 'x' }] },
    {
      note: 'two notes',
      parts: [file, ...['x', 'y'].map((content) => ({ name: 'note', content }))],
    },
    { note: 'a field before the file', parts: [{ name: '__proto__', content: 'x' }, file] },
  ])('is refused 422 for $note', async ({ parts }, { site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const form = multipart(parts)
    const answer = await visitor.ask(`/competitions/${TITANIC}/submissions`, {
      method: 'POST',
      ...form,
    })
    expect(answer.status).toBe(422)
    expect(answer.problem().code).toBe('request_validation_failed')
    expect(await site.files()).toEqual([])
  })

  test('is refused 422 when the form is cut off or has no boundary', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const form = multipart([file])
    const ask = (body: Buffer, headers = form.headers) =>
      visitor.ask(`/competitions/${TITANIC}/submissions`, { method: 'POST', body, headers })
    expect((await ask(form.body.subarray(0, 900))).status).toBe(422)
    expect((await ask(form.body, { 'content-type': 'multipart/form-data' })).status).toBe(422)
    expect(await site.files()).toEqual([])
  })

  test.for([
    { note: 'JSON', headers: { 'content-type': 'application/json' }, body: '{}' },
    { note: 'plain CSV', headers: { 'content-type': 'text/csv' }, body: GOOD },
    { note: 'a compressed form', headers: { 'content-encoding': 'gzip' }, body: null },
  ])('is refused 415 for $note', async ({ headers, body }, { site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const form = multipart([file])
    const answer = await visitor.ask(`/competitions/${TITANIC}/submissions`, {
      method: 'POST',
      body: body ?? form.body,
      headers: body === null ? { ...form.headers, ...headers } : headers,
    })
    expect(answer.status).toBe(415)
    expect(answer.problem().code).toBe('unsupported_media_type')
    expect(answer.problem().detail).toContain('multipart/form-data')
  })

  test('that is no form is refused 415 before the competition is looked for', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    await db.updateTable('competitions').set({ status: 'inactive' }).execute()
    for (const slug of ['nothing-here', TITANIC]) {
      for (const path of ['submissions', 'submissions/validate']) {
        const answer = await visitor.post(`/competitions/${slug}/${path}`, {})
        expect([answer.status, answer.problem().code]).toEqual([415, 'unsupported_media_type'])
      }
    }
  })

  test('is refused before the file is looked at: origin, login, competition, state', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const foreign = await upload(visitor, GOOD, {
      headers: { origin: 'https://s-abcdefgh.medforge.localhost' },
    })
    expect([foreign.status, foreign.problem().code]).toEqual([403, 'origin_not_allowed'])
    const stranger = await upload(site_api.visitor(), GOOD)
    expect([stranger.status, stranger.problem().code]).toEqual([401, 'authentication_failed'])
    const unknown = await upload(visitor, GOOD, { slug: 'nothing-here' })
    expect([unknown.status, unknown.problem().code]).toEqual([404, 'competition_not_found'])
    await db.updateTable('competitions').set({ status: 'inactive' }).execute()
    const closed = await upload(visitor, GOOD)
    expect([closed.status, closed.problem().code]).toEqual([409, 'competition_closed'])
    expect(await site.files()).toEqual([])
  })
})

describe('the daily cap', () => {
  test('takes exactly the cap out of 50 uploads at once, through two servers', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const other = await site.openApi()
    const cookie = visitor.cookie() ?? ''
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        at % 2 === 0
          ? upload(visitor, GOOD)
          : upload(other.visitor(), GOOD, { headers: { cookie } }),
      ),
    )
    const byStatus = Object.groupBy(answers, ({ status }) => status)
    expect(byStatus[201]).toHaveLength(20)
    expect(byStatus[429]).toHaveLength(30)
    const remaining = byStatus[201]?.map(
      (answer) => answer.data<{ remaining_today: number }>().remaining_today,
    )
    expect(remaining?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at))
    expect(await site.files()).toHaveLength(20)
    const refused = byStatus[429]?.[0]
    expect(refused?.headers['retry-after']).toBe('43200')
    expect(refused?.problem()).toMatchObject({
      code: 'submission_cap_reached',
      detail: expect.stringMatching(/^Daily submission cap reached/),
    })
  })

  test('begins anew at midnight UTC, and counts each competition for itself', async ({
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 1 }).execute()
    const { visitor } = await signIn(site_api, db)
    site_api.clock.set(new Date('2026-03-01T23:59:59.500Z'))
    await submit(visitor, GOOD)
    const refused = await upload(visitor, GOOD)
    expect(refused.headers['retry-after']).toBe('1')
    const images = Array.from({ length: 10_000 }, (_, at) => `${at},${at % 100}\n`)
    const cifar = await upload(visitor, `image_id,label\n${images.join('')}`, {
      slug: 'cifar-100-classification',
    })
    expect(cifar.status).toBe(201)
    site_api.clock.set(new Date('2026-03-02T00:00:00Z'))
    expect(await submit(visitor, GOOD)).toMatchObject({
      remaining_today: 0,
      resets_at: '2026-03-03T00:00:00.000Z',
    })
  })

  test('is given back for a submission that the platform failed to score', async ({
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 1 }).execute()
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    await db
      .updateTable('submissions')
      .set({ score_status: 'failed', counts_against_cap: false })
      .where('id', '=', submission.id)
      .execute()
    expect((await upload(visitor, GOOD)).status).toBe(201)
  })
})

describe('an Idempotency-Key', () => {
  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })

  test('makes a retry the same submission, at the cap and from many at once', async ({
    site,
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 1 }).execute()
    const { visitor } = await signIn(site_api, db)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => submit(visitor, GOOD, keyed('k1'))),
    )
    expect(new Set(answers.map(({ submission }) => submission.id)).size).toBe(1)
    expect(answers.every(({ remaining_today }) => remaining_today === 0)).toBe(true)
    expect(await site.files()).toHaveLength(1)
  })

  test('is refused for another file, and free again after 24 hours', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const first = await submit(visitor, GOOD, keyed('k1'))
    const other = titanicCsv(() => 1)
    const refused = await upload(visitor, other, keyed('k1'))
    expect(refused.status).toBe(422)
    expect(refused.problem().errors?.[0]?.loc).toEqual(['header', 'idempotency-key'])
    site_api.clock.advance(24 * 3_600_000)
    const later = await submit(visitor, other, keyed('k1'))
    expect(later.submission.id).not.toBe(first.submission.id)
  })

  test("is one's own", async ({ site_api, db }) => {
    const [one, other] = [await signIn(site_api, db), await signIn(site_api, db)]
    const first = await submit(one.visitor, GOOD, keyed('k1'))
    const second = await submit(other.visitor, GOOD, keyed('k1'))
    expect(second.submission.id).not.toBe(first.submission.id)
  })

  test('has a form', async ({ site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    expect((await upload(visitor, GOOD, keyed('x'.repeat(256)))).status).toBe(422)
    expect((await upload(visitor, GOOD, keyed('a b'))).status).toBe(422)
  })
})

function reverseRows(csv: string): string {
  const [header, ...rows] = csv.trimEnd().split('\n')
  return `${[header, ...rows.toReversed()].join('\n')}\n`
}
