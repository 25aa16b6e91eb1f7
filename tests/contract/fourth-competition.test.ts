import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompetitionDetail, Leaderboard, SubmissionAccepted } from '@medforge/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  competition,
  METRIC_BUNDLES,
  MOLES,
  molesCsv,
  removeCompetition,
  writeBundle,
  writeMoles,
} from '../support/bundles.ts'
import { expectData, expectProblem } from '../support/expectations.ts'
import {
  docker,
  eventually,
  openDatabase,
  REPOSITORY,
  readInstallation,
} from '../support/installation.ts'
import { callApi, type Person, signUp } from '../support/person.ts'
import { upload } from '../support/submissions.ts'

const installation = readInstallation()
const WORKER = 'medforge-api-worker'
const PATH = `/competitions/${MOLES.slug}`
const TRUTH = (place: number) => place % 3
/** Another holdout: what was right before is wrong now. */
const OTHER_TRUTH = (place: number) => (place + 1) % 3
/** So many of the forty are as the first holdout has them, the others as the second. */
const partly = (right: number) =>
  molesCsv((place) => (place < right ? TRUTH(place) : OTHER_TRUTH(place)))

/** Without what is measured of the entries behind live scoring, and so at any time. */
async function board() {
  const answer = await callApi(installation, 'GET', `${PATH}/leaderboard?limit=50`)
  const { entries } = expectData(answer, 200, Leaderboard)
  return entries.map(({ interval, standard_error, tied_with_first, ...entry }) => entry)
}

async function detail() {
  return expectData(await callApi(installation, 'GET', PATH), 200, CompetitionDetail)
}

let ann: Person
let bob: Person

beforeAll(async () => {
  await using db = openDatabase(installation)
  await removeCompetition(db, MOLES.slug)
  ann = await signUp(installation, 'ann', { display_name: '=HYPERLINK("x")' })
  bob = await signUp(installation, 'bob', { display_name: 'Bob' })
})

afterAll(async () => {
  await using db = openDatabase(installation)
  await removeCompetition(db, MOLES.slug)
})

describe('a fourth competition', () => {
  test('is a folder: every fault of it is named at once, with file and row', async () => {
    const folder = await writeMoles({
      holdout: (place) => (place === 4 ? 7 : 0),
      manifest: { labels: { min: 0, max: 2 }, expected_rows: 41, title: '' },
      overview: '',
    })
    const failed = await competition('validate', folder, '--json').catch(
      (error: { stdout: string }) => error.stdout,
    )
    const { ok, faults } = JSON.parse(failed)
    expect(ok).toBe(false)
    expect(faults.map(({ file }: { file: string }) => file)).toEqual(
      expect.arrayContaining(['overview.md', 'manifest.json']),
    )
    const labels = await writeMoles({ holdout: (place) => (place % 20 === 4 ? 7 : 0) })
    await expect(competition('import', labels)).rejects.toThrow(
      /holdout_labels.csv row 6: 2 cells of "verdict" .* Row 6: "7", Row 26: "7"/,
    )
  })

  test('opens with an import and no change of code: sample, upload, score and board', async () => {
    const folder = await writeMoles({ holdout: TRUTH })
    const imported = JSON.parse(await competition('import', folder, '--json'))
    expect(imported).toMatchObject({ slug: MOLES.slug, outcome: 'registered' })
    expect(await detail()).toMatchObject({
      title: 'Mole triage',
      holdout: { kind: 'operator', rows: 40, version: imported.evaluation_split_version },
      notice: null,
    })
    const sample = await callApi(installation, 'GET', `${PATH}/sample-submission`)
    expect(sample.text).toBe(molesCsv(() => 0))
    for (const [person, right] of [
      [ann, 30],
      [bob, 10],
    ] as const) {
      const answer = await upload(person, partly(right), {}, PATH)
      const accepted = expectData(answer, 201, SubmissionAccepted)
      expect(accepted.submission.official_score?.primary_score).toBe(right / 40)
    }
    expect((await board()).map(({ user_id }) => user_id)).toEqual([ann.user_id, bob.user_id])
    const again = JSON.parse(await competition('import', folder, '--json'))
    expect(again.outcome).toBe('unchanged')
  })

  test('is listed beside those that come with MedForge', async () => {
    const all = JSON.parse(await competition('list', '--json')).competitions
    expect(all).toHaveLength(4)
    expect(all).toContainEqual(
      expect.objectContaining({ slug: MOLES.slug, holdout_kind: 'operator', submissions: 2 }),
    )
  })

  test('takes new texts without a re-score', async () => {
    const folder = await writeMoles({ holdout: null, overview: 'New words.' })
    expect(JSON.parse(await competition('import', folder, '--json')).outcome).toBe('updated')
    expect(await detail()).toMatchObject({ description: 'New words.', notice: null })
  })

  test('shows what another holdout would change, and asks before it changes anything', async () => {
    const folder = await writeMoles({ holdout: OTHER_TRUTH })
    const before = await board()
    const dry = JSON.parse(await competition('import', folder, '--dry-run', '--json'))
    expect(dry).toMatchObject({ outcome: 'dry_run', difference: { moved: 2, changed: 2 } })
    await expect(competition('import', folder)).rejects.toThrow('--yes')
    expect(await board()).toEqual(before)
  })

  test('moves to another holdout with everything scored again, though its import was killed twice', async () => {
    const folder = await writeMoles({ holdout: OTHER_TRUTH })
    const [before, old] = [await board(), await detail()]
    const args = ['import', folder, '--yes', '--json', '--note', 'Real labels.']
    await using db = openDatabase(installation)
    // Without its worker no run comes to an end, so that the kills land in the middle of one.
    await docker('pause', WORKER)
    try {
      // What an earlier import left open would be seen before this one has begun.
      await abandonRuns(db)
      await killImport(args, async () => (await readRun(db)) !== undefined)
      expect(await board()).toEqual(before)
      await abandonRuns(db)
      await killImport(args, async () => (await readRun(db))?.gathered === 2)
    } finally {
      await docker('unpause', WORKER)
    }
    await eventually(async () => (await readRun(db))?.scored === 2, 'scores beside the board')
    expect(await board()).toEqual(before)
    expect(await detail()).toEqual(old)

    expect(JSON.parse(await competition(...args)).outcome).toBe('switched')
    expect((await board()).map(({ user_id }) => user_id)).toEqual([bob.user_id, ann.user_id])
    const { holdout, notice } = await detail()
    expect(holdout.version).not.toBe(old.holdout.version)
    expect(notice?.text).toBe('Real labels.')
    for (const entry of await board()) {
      expect(entry.evaluation_split_version).toBe(holdout.version)
    }
  })

  test('is scored again on the same holdout without a change where nothing differs', async () => {
    const { outcome } = JSON.parse(await competition('rescore', MOLES.slug, '--yes', '--json'))
    expect(outcome).toBe('unchanged')
  })

  test('is written out with every submission, and no cell runs as a formula', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'medforge-export-')), 'out')
    const written = JSON.parse(await competition('export', MOLES.slug, '--to', folder, '--json'))
    expect(written).toMatchObject({ submissions: 2 })
    const text = await readFile(join(folder, 'submissions.csv'), 'utf8')
    expect(text).toContain(`"'=HYPERLINK(""x"")"`)
    expect(text.split('\r\n')).toHaveLength(4)
    expect(JSON.parse(await competition('validate', folder, '--json'))).toEqual({
      ok: true,
      faults: [],
    })
  })

  test('is written out with a report, the same bytes twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'medforge-report-'))
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    for (const to of [one, two]) await competition('export', MOLES.slug, '--report', '--to', to)
    for (const name of ['report.json', 'methods.md', 'cases.csv']) {
      const bytes = await readFile(join(one, 'report', name))
      expect(bytes.equals(await readFile(join(two, 'report', name))), name).toBe(true)
    }
    const cases = await readFile(join(one, 'report/cases.csv'), 'utf8')
    expect(cases.split('\r\n')).toHaveLength(2 + 2 * MOLES.ids.length)
  })

  test('leaves an audit row for each change', async () => {
    await using db = openDatabase(installation)
    const rows = await db
      .selectFrom('audit_events')
      .innerJoin('competitions', 'competitions.id', 'audit_events.subject')
      .select('action')
      .where('competitions.slug', '=', MOLES.slug)
      .orderBy('audit_events.id')
      .execute()
    expect(rows.map(({ action }) => action)).toEqual([
      'competition.import',
      'competition.update',
      'competition.import',
    ])
  })
})

/** Start `./medforge competition …` and kill it, with all that it started, the moment that the probe says so. */
async function killImport(args: string[], isTime: () => Promise<boolean>): Promise<void> {
  const options = { stdio: 'ignore', detached: true } as const
  const child = spawn(`${REPOSITORY}/medforge`, ['competition', ...args], options)
  const gone = once(child, 'exit')
  try {
    await eventually(isTime, 'the moment to kill', { everyMs: 5 })
  } finally {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
  const [, signal] = await gone
  expect(signal).toBe('SIGKILL')
}

async function abandonRuns(db: ReturnType<typeof openDatabase>): Promise<void> {
  await db
    .updateTable('rescore_runs')
    .set({ status: 'abandoned', ended_at: '2026-03-01 12:00:00.000000' })
    .where('status', '=', 'open')
    .execute()
}

/** The run of this competition that is open, if any. */
async function readRun(db: ReturnType<typeof openDatabase>) {
  const run = await db
    .selectFrom('rescore_runs')
    .innerJoin('competitions', 'competitions.id', 'rescore_runs.competition_id')
    .select('rescore_runs.id')
    .where('competitions.slug', '=', MOLES.slug)
    .where('rescore_runs.status', '=', 'open')
    .executeTakeFirst()
  if (!run) return undefined
  const rows = await db
    .selectFrom('shadow_scores')
    .select('state')
    .where('run_id', '=', run.id)
    .execute()
  return {
    gathered: rows.length,
    scored: rows.filter(({ state }) => state === 'scored').length,
  }
}

describe('a file of labels', () => {
  const slug = 'mole-labels'
  afterAll(async () => {
    await using db = openDatabase(installation)
    await removeCompetition(db, slug)
  })

  test('is a board in two commands: whoever predicts its holdout is ranked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'medforge-labels-'))
    const file = join(folder, `${slug}.csv`)
    const rows = Array.from(
      { length: 10_000 },
      (_, at) => `mole-${at},${['benign', 'malignant'][at % 2]}`,
    )
    await writeFile(file, `picture,verdict\n${rows.join('\n')}\n`)
    const bundle = join(folder, 'bundle')

    await competition('split', file, '--share', '0.2', '--seed', 'any words', '--to', bundle)
    await competition('import', bundle)

    const path = `/competitions/${slug}`
    const truth = await readFile(join(bundle, 'holdout_labels.csv'), 'utf8')
    const answer = await upload(ann, truth, {}, path)
    const { submission } = expectData(answer, 201, SubmissionAccepted)
    expect(submission.official_score?.primary_score).toBe(1)
    const ranked = await callApi(installation, 'GET', `${path}/leaderboard`)
    const { entries } = expectData(ranked, 200, Leaderboard)
    expect(entries.map(({ user_id }) => user_id)).toEqual([ann.user_id])
    expect(truth.trim().split('\n')).toHaveLength(2001)
  })
})

describe.each(METRIC_BUNDLES)(
  'a competition for $metric',
  ({ slug, metric, bundle, files, faulty, beside }) => {
    afterAll(async () => {
      await using db = openDatabase(installation)
      await removeCompetition(db, slug)
    })

    test('opens with an import and no change of code, and its board follows from the metric', async () => {
      const folder = await writeBundle(bundle)
      const imported = JSON.parse(await competition('import', folder, '--json'))
      expect(imported).toMatchObject({ slug, outcome: 'registered' })
      const path = `/competitions/${slug}`
      const refused = await upload(ann, faulty, {}, path)
      expectProblem(refused, 'submission_validation_failed')
      for (const [nth, { csv, value }] of files.entries()) {
        const answer = await upload(nth === 0 ? ann : bob, csv, {}, path)
        const { submission } = expectData(answer, 201, SubmissionAccepted)
        expect(submission.official_score).toMatchObject({
          primary_score: value,
          score_components: { [metric]: value },
        })
      }
      const answer = await callApi(installation, 'GET', `${path}/leaderboard?limit=50`)
      const { entries } = expectData(answer, 200, Leaderboard)
      expect(entries.map(({ primary_score }) => primary_score)).toEqual(
        files.map(({ value }) => value),
      )
      expect(entries[0]?.secondary_scores).toEqual(beside.secondary)
    })

    test('has the organiser’s baseline on its board, without rank and not counted', async () => {
      const path = `/competitions/${slug}/leaderboard`
      const { entries, reference_entries } = await eventually(async () => {
        const shown = expectData(await callApi(installation, 'GET', path), 200, Leaderboard)
        return shown.reference_entries.length > 0 && shown
      }, 'a reference entry')
      expect(reference_entries).toMatchObject([{ name: 'Chance', primary_score: beside.reference }])
      expect(entries.map(({ rank }) => rank)).toEqual([1, 2])
    })
  },
)
