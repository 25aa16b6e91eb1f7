import { randomUUID } from 'node:crypto'
import {
  CompetitionDetail,
  CompetitionSummary,
  DatasetDetail,
  DatasetSummary,
  Leaderboard,
  Submission,
  SubmissionAccepted,
} from '@medforge/contracts'
import { Type } from 'typebox'
import { beforeAll, describe, expect, test } from 'vitest'
import { becomeAdmin } from '../support/admin.ts'
import { expectData, expectProblem } from '../support/expectations.ts'
import { eventually, readInstallation } from '../support/installation.ts'
import { callApi, type Person, signUp } from '../support/person.ts'
import { flip, multipart, readSample, TITANIC, upload } from '../support/submissions.ts'

const installation = readInstallation()
const call = callApi.bind(null, installation)

const SEEDS = [
  {
    slug: 'titanic-survival',
    metric: 'accuracy',
    metric_version: 'accuracy-v1',
    cap: 20,
    rows: 418,
  },
  {
    slug: 'rsna-pneumonia-detection',
    metric: 'map_iou',
    metric_version: 'map_iou-v2',
    cap: 10,
    rows: 5337,
  },
  {
    slug: 'cifar-100-classification',
    metric: 'accuracy',
    metric_version: 'accuracy-v1',
    cap: 20,
    rows: 10_000,
  },
]

describe('the three competitions', () => {
  test.each(SEEDS)('$slug is there with its metric, its cap and its demo holdout', async (seed) => {
    const all = expectData(await call('GET', '/competitions'), 200, Type.Array(CompetitionSummary))
    expect(all).toHaveLength(3)
    const answer = await call('GET', `/competitions/${seed.slug}`)
    const detail = expectData(answer, 200, CompetitionDetail)
    // Others enter while this asks.
    const { entrants: _, ...summary } = all.find(({ slug }) => slug === seed.slug) ?? {
      entrants: 0,
    }
    expect(detail).toMatchObject({
      ...summary,
      slug: seed.slug,
      metric: seed.metric,
      metric_version: seed.metric_version,
      submission_cap_per_day: seed.cap,
      status: 'active',
      is_permanent: true,
      higher_is_better: true,
      competition_spec_version: 'v1',
      holdout: { kind: 'demo', rows: seed.rows },
    })
  })

  test.each(['titanic-kaggle', 'rsna-pneumonia-detection-challenge', 'cifar-100'])(
    'the data set %s is in the catalogue, without a path of the host',
    async (slug) => {
      const all = expectData(await call('GET', '/datasets'), 200, Type.Array(DatasetSummary))
      expect(all.map((dataset) => dataset.slug)).toContain(slug)
      const detail = expectData(await call('GET', `/datasets/${slug}`), 200, DatasetDetail)
      expect(detail.storage_path).not.toMatch(/^\/|\.\./)
    },
  )

  test('what is not there is named in the problem', async () => {
    const missing = await call('GET', '/competitions/no-such-thing')
    expect(expectProblem(missing, 'competition_not_found').detail).toContain('no-such-thing')
    const board = await call('GET', '/competitions/no-such-thing/leaderboard')
    expectProblem(board, 'competition_not_found')
    const dataset = await call('GET', '/datasets/no-such-thing')
    expect(expectProblem(dataset, 'dataset_not_found').detail).toContain('no-such-thing')
  })
})

describe('a submission', () => {
  let sample: string
  let person: Person

  beforeAll(async () => {
    sample = await readSample(installation)
    person = await signUp(installation, 'competitor')
  })

  test('starts from the sample, which has the header and one row for every id', () => {
    const [header, ...rows] = sample.trim().split(/\r?\n/)
    expect(header).toBe('PassengerId,Survived')
    expect(rows.map((row) => row.split(',')[0])).toEqual(
      Array.from({ length: 418 }, (_, index) => String(892 + index)),
    )
  })

  test('is scored while its owner waits, and ranked', async () => {
    const accepted = expectData(await upload(person, sample), 201, SubmissionAccepted)
    expect(accepted).toMatchObject({ daily_cap: 20, remaining_today: 19 })
    expect(accepted.resets_at).toMatch(/T00:00:00(\.0+)?Z$/)
    const submission = await scored(person, accepted.submission)
    expect(submission.official_score?.primary_score).toBeGreaterThan(0)
    expect(submission.official_score?.primary_score).toBeLessThan(1)
    const board = expectData(
      await call('GET', `${TITANIC}/leaderboard?limit=500`),
      200,
      Leaderboard,
    )
    expect(board.competition_slug).toBe('titanic-survival')
    expect(board.entries.map(({ rank }) => rank)).toEqual(
      board.entries.map((_, index) => index + 1),
    )
    expect(board.entries.find(({ user_id }) => user_id === person.user_id)).toMatchObject({
      display_name: person.display_name,
      best_submission_id: submission.id,
      primary_score: submission.official_score?.primary_score,
    })
  })

  test('may have its rows and columns in any order, extra columns, a byte order mark and CRLF', async () => {
    const other = await signUp(installation)
    const [, ...rows] = sample.trim().split(/\r?\n/)
    const shuffled = rows.reverse().map((row) => {
      const [id, value] = row.split(',')
      return `"${value}",ignored,${id}`
    })
    const text = `\uFEFF${['Survived,note,PassengerId', ...shuffled].join('\r\n')}\r\n`
    const accepted = expectData(await upload(other, text), 201, SubmissionAccepted)
    const submission = await scored(other, accepted.submission)
    const [mine] = await listMine(person)
    expect(submission.official_score?.primary_score).toBe(mine?.official_score?.primary_score)
  })

  test('is the best of several on the leaderboard, and each is in its owner’s list', async () => {
    const worse = await scored(
      person,
      expectData(await upload(person, flip(sample, 200)), 201, SubmissionAccepted).submission,
    )
    const mine = await listMine(person)
    expect(mine.map(({ id }) => id)).toContain(worse.id)
    const best = Math.max(...mine.map((one) => one.official_score?.primary_score ?? -1))
    const board = expectData(
      await call('GET', `${TITANIC}/leaderboard?limit=500`),
      200,
      Leaderboard,
    )
    const rows = board.entries.filter(({ user_id }) => user_id === person.user_id)
    expect(rows).toMatchObject([{ primary_score: best, entries: mine.length }])
  })

  test.each([
    { note: 'a missing column', text: 'PassengerId\n892\n', key: 'required columns' },
    { note: 'a missing id', text: 'PassengerId,Survived\n892,0\n', key: '' },
    { note: 'no rows', text: 'PassengerId,Survived\n', key: '' },
    {
      note: 'an impossible label',
      edit: (rows: string) => rows.replace('892,0', '892,2').replace('892,1', '892,2'),
      key: '',
    },
    {
      note: 'a number that is none',
      edit: (rows: string) => rows.replace(/^892,.*$/m, '892,nan'),
      key: '',
    },
    { note: 'a duplicate id', edit: (rows: string) => `${rows}892,0\n`, key: '' },
    { note: 'an unknown id', edit: (rows: string) => `${rows}1,0\n`, key: '' },
  ])('with $note is refused with its faults, and costs nothing', async ({ text, edit, key }) => {
    const other = await signUp(installation)
    const content = text ?? edit?.(`${sample.trim()}\n`) ?? ''
    const problem = expectProblem(await upload(other, content), 'submission_validation_failed')
    expect(problem.detail).toContain(key)
    expect(problem.errors?.length).toBeGreaterThan(0)
    const accepted = expectData(await upload(other, sample), 201, SubmissionAccepted)
    expect(accepted.remaining_today).toBe(19)
  })

  test('that is too large is refused with the limit', async () => {
    const limit = Number(installation.settings.SUBMISSION_UPLOAD_MAX_BYTES || 10 * 1024 * 1024)
    const answer = await upload(await signUp(installation), sample + ','.repeat(limit))
    const problem = expectProblem(answer, 'submission_too_large')
    expect(problem.errors?.[0]).toMatchObject({
      loc: ['body', 'file'],
      type: 'value_error.submission_too_large',
      ctx: { max_bytes: limit },
    })
  })

  test('is the same one when it is sent again with its key, and another with other bytes', async () => {
    const other = await signUp(installation)
    const headers = { 'idempotency-key': randomUUID() }
    const first = expectData(await upload(other, sample, headers), 201, SubmissionAccepted)
    const again = expectData(await upload(other, sample, headers), 201, SubmissionAccepted)
    expect(again.submission.id).toBe(first.submission.id)
    expect(again.remaining_today).toBe(19)
    const changed = await upload(other, flip(sample, 1), headers)
    expect(changed.status).toBe(422)
  })

  test('past the daily cap is refused until midnight', async () => {
    const other = await signUp(installation)
    const answers = await Promise.all(Array.from({ length: 22 }, () => upload(other, sample)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused).toHaveLength(2)
    for (const answer of refused) {
      const problem = expectProblem(answer, 'submission_cap_reached')
      expect(problem.detail).toMatch(/^Daily submission cap reached/)
      const wait = Number(answer.headers['retry-after'])
      const midnight = new Date().setUTCHours(24, 0, 0, 0)
      expect(Math.abs(wait - (midnight - Date.now()) / 1000)).toBeLessThan(60)
    }
  })

  test('needs a login, and a page of ours', async () => {
    const form = multipart(sample)
    expectProblem(await call('POST', `${TITANIC}/submissions`, form), 'authentication_failed')
    expectProblem(await call('GET', `${TITANIC}/submissions/me`), 'authentication_failed')
    const foreign = await upload(person, sample, { origin: 'https://evil.example' })
    expectProblem(foreign, 'competition_origin_not_allowed')
    expectProblem(
      await upload(person, sample, {}, '/competitions/no-such-thing'),
      'competition_not_found',
    )
  })

  test('can be scored again by an administrator, with the same result, and by nobody else', async () => {
    const [mine] = await listMine(person)
    if (!mine) throw new Error('There is no submission.')
    const path = `/admin/submissions/${mine.id}/score`
    expectProblem(await person.api('POST', path), 'admin_access_denied')
    const admin = await becomeAdmin(installation)
    const again = expectData(await admin.api('POST', path), 200, Submission)
    const after = (await scored(person, again)).official_score
    expect(after?.primary_score).toBe(mine.official_score?.primary_score)
    const missing = await admin.api('POST', `/admin/submissions/${randomUUID()}/score`)
    expectProblem(missing, 'submission_not_found')
  })
})

test('the leaderboard comes as CSV where that is asked for', async () => {
  const answer = await call('GET', `${TITANIC}/leaderboard`, { headers: { accept: 'text/csv' } })
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toMatch(/^text\/csv/)
  expect(answer.text.split(/\r?\n/)[0]).toContain('rank')
})

async function listMine(person: Person): Promise<Submission[]> {
  const answer = await person.api('GET', `${TITANIC}/submissions/me`)
  return expectData(answer, 200, Type.Array(Submission))
}

/** The submission once it has its score; an upload waits for that only so long. */
function scored(person: Person, submission: Submission): Promise<Submission> {
  return eventually(async () => {
    const mine = await listMine(person)
    return mine.find(({ id, score_status }) => id === submission.id && score_status === 'scored')
  }, 'the submission is scored')
}
