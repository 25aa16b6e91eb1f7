import { createHash } from 'node:crypto'
import { truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { NewAccessToken, OwnSubmission, SubmissionAccepted } from '@medforge/contracts'
import type { Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { multipart, signIn, statusOf, submit, TITANIC, test, titanicCsv } from './site.ts'

const GOOD = titanicCsv()
const MINE = `/competitions/${TITANIC}/submissions/me`
const pathOf = (id: string, slug = TITANIC) => `/competitions/${slug}/submissions/${id}`

const change = (visitor: Visitor, id: string, body: object, slug?: string) =>
  visitor.ask(pathOf(id, slug), { method: 'PATCH', body })

async function noteOf(visitor: Visitor, id: string): Promise<string | null | undefined> {
  const mine = (await visitor.get(MINE)).data<OwnSubmission[]>()
  return mine.find((submission) => submission.id === id)?.note
}

function uploadWithNote(visitor: Visitor, note: string) {
  const file = { name: 'file', filename: 'a.csv', content: GOOD }
  const form = multipart([{ name: 'note', content: note }, file])
  return visitor.ask(`/competitions/${TITANIC}/submissions`, { method: 'POST', ...form })
}

describe('a note', () => {
  test('comes with an upload as one line, and a longer one is refused before it costs anything', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const sent = await uploadWithNote(visitor, ' more trees,\n seed 7 \u{1f332} ')
    const { submission, remaining_today } = sent.data<SubmissionAccepted>()
    expect(submission.note).toBe('more trees,  seed 7 \u{1f332}')
    const longest = await uploadWithNote(visitor, '\u{1f332}'.repeat(500))
    expect(longest.status).toBe(201)
    for (const long of ['x'.repeat(501), 'x'.repeat(10_000)]) {
      const refused = await uploadWithNote(visitor, long)
      expect([refused.status, refused.problem().errors?.[0]?.loc]).toEqual([422, ['body', 'note']])
    }
    expect(await site.files()).toHaveLength(2)
    const { submission: plain, ...left } = await submit(visitor, GOOD)
    expect([plain.note, left.remaining_today]).toEqual([null, remaining_today - 2])
  })

  test('is changed and taken away by its owner alone', async ({ site_api, db }) => {
    const owner = await signIn(site_api, db)
    const others = [await signIn(site_api, db), await signIn(site_api, db, { role: 'admin' })]
    const { submission } = await submit(owner.visitor, GOOD)
    const changed = await change(owner.visitor, submission.id, { note: 'seed 7' })
    expect(changed.data<OwnSubmission>()).toEqual({ ...submission, note: 'seed 7' })
    for (const { visitor } of others) {
      const answer = await change(visitor, submission.id, { note: 'mine' })
      expect([answer.status, answer.problem().code]).toEqual([404, 'submission_not_found'])
    }
    expect((await change(site_api.visitor(), submission.id, { note: 'x' })).status).toBe(401)
    expect(await noteOf(owner.visitor, submission.id)).toBe('seed 7')
    for (const body of [{ note: null }, { note: ' \n' }]) {
      await change(owner.visitor, submission.id, { note: 'again' })
      expect(
        (await change(owner.visitor, submission.id, body)).data<OwnSubmission>().note,
      ).toBeNull()
    }
  })

  test.for([{}, { remark: 'x' }, { note: 7 }, { note: 'x'.repeat(501) }])(
    'is refused 422 for %o',
    async (body, { site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      const { submission } = await submit(visitor, GOOD)
      const answer = await change(visitor, submission.id, body)
      expect([answer.status, answer.problem().code]).toEqual([422, 'request_validation_failed'])
    },
  )

  test('is refused to a page of another origin, and of another competition it is none', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const foreign = await visitor.ask(pathOf(submission.id), {
      method: 'PATCH',
      headers: { origin: 'https://evil.example' },
      body: { note: 'x' },
    })
    expect([foreign.status, foreign.problem().code]).toEqual([403, 'origin_not_allowed'])
    const elsewhere = await change(
      visitor,
      submission.id,
      { note: 'x' },
      'cifar-100-classification',
    )
    expect([elsewhere.status, elsewhere.problem().code]).toEqual([404, 'submission_not_found'])
    expect((await statusOf(db, submission.id)).note).toBeNull()
  })

  test('is shown to nobody else: not to administrators, and not on the board', async ({
    site_api,
    db,
  }) => {
    const { visitor, userId } = await signIn(site_api, db)
    const admin = await signIn(site_api, db, { role: 'admin' })
    const { submission } = await submit(visitor, GOOD)
    await change(visitor, submission.id, { note: 'a secret of mine' })
    const paths = ['/admin/submissions', `/competitions/${TITANIC}/leaderboard`]
    for (const path of paths) {
      const answer = await admin.visitor.get(path)
      expect([answer.status, answer.text.includes('secret')], path).toEqual([200, false])
    }
    const excluded = await admin.visitor.post(`/admin/submissions/${submission.id}/exclude`, {
      reason: 'A test.',
    })
    expect([excluded.status, excluded.text.includes('secret')]).toEqual([200, false])
    expect(excluded.text).toContain(userId)
  })
})

describe('the file of a submission', () => {
  test('comes back byte for byte as an attachment, under the name that it had', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const sent = `\ufeff${titanicCsv((passenger) => passenger % 2).replaceAll('\n', '\r\n')}`
    const filename = `mit 'Ü' (2).csv`
    const { submission } = await submit(visitor, sent, { filename })
    const { status, text, headers } = await visitor.get(`${pathOf(submission.id)}/file`)
    expect([status, text]).toEqual([200, sent])
    const digest = createHash('sha256').update(sent).digest('base64')
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-length': String(Buffer.byteLength(sent)),
      'content-disposition': `attachment; filename="submission.csv"; filename*=UTF-8''mit%20%27%C3%9C%27%20%282%29.csv`,
      'repr-digest': `sha-256=:${digest}:`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
  })

  test('is its owner’s and administrators’; to anybody else, or under another competition, it is not there', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const path = `${pathOf(submission.id)}/file`
    const admin = await signIn(site_api, db, { role: 'admin' })
    expect((await admin.visitor.get(path)).text).toBe(GOOD)
    expect((await site_api.visitor().get(path)).status).toBe(401)
    const stranger = await (await signIn(site_api, db)).visitor.get(path)
    const elsewhere = await visitor.get(`${pathOf(submission.id, 'cifar-100-classification')}/file`)
    for (const answer of [stranger, elsewhere]) {
      expect([answer.status, answer.problem().code]).toEqual([404, 'submission_not_found'])
    }
  })

  test('and its note are its owner’s with a personal token too, and an administrator’s token opens no other', async ({
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const admin = await signIn(site_api, db, { role: 'admin' })
    const bearing = async (person: Visitor) => {
      const made = await person.post('/auth/tokens', { name: 'laptop' })
      return { authorization: `Bearer ${made.data<NewAccessToken>().token}` }
    }
    const { submission } = await submit(visitor, GOOD)
    const path = `${pathOf(submission.id)}/file`
    const program = site_api.visitor()
    expect((await program.get(path, await bearing(visitor))).text).toBe(GOOD)
    const noted = await program.ask(pathOf(submission.id), {
      method: 'PATCH',
      headers: await bearing(visitor),
      body: { note: 'by a program' },
    })
    expect(noted.data<OwnSubmission>().note).toBe('by a program')
    expect((await program.get(path, await bearing(admin.visitor))).status).toBe(404)
  })

  test('that is gone, or was cut, is named as that and never served in part', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const damages = [unlink, (path: string) => truncate(path, 100)]
    for (const damage of damages) {
      const { submission } = await submit(visitor, GOOD)
      const { stored_name } = await statusOf(db, submission.id)
      await damage(join(site.submissionsDir, stored_name))
      const answer = await visitor.get(`${pathOf(submission.id)}/file`)
      expect([answer.status, answer.problem().code]).toEqual([410, 'submission_file_gone'])
    }
  })
})
