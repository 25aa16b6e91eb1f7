import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeExport } from '@medforge/cli/commands/competition/export.ts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import {
  test as base,
  openWorker,
  type Site,
  signIn,
  statusOf,
  submit,
  TITANIC,
  titanicWithMatches,
} from './site.ts'

const RSNA = 'rsna-pneumonia-detection'

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  .extend('folder', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'medforge-report-'))
    onCleanup(() => rm(folder, { recursive: true }))
    return folder
  })
  .extend('world', async ({ site, site_api, db }) => {
    const people = [
      await signIn(site_api, db, { display_name: '=HYPERLINK("x")' }),
      await signIn(site_api, db, { display_name: 'Bob | *second*' }),
    ] as const
    const ids: string[] = []
    for (const [nth, matches] of [300, 200, 100].entries()) {
      const { visitor } = people[Math.min(nth, 1)] ?? people[0]
      const { submission } = await submit(
        visitor,
        await titanicWithMatches(site.hiddenRoot, matches),
      )
      ids.push(submission.id)
    }
    const worker = await openWorker(db, site, { clock: site_api.clock })
    await worker.drain()
    return { people, ids }
  })

function exportTo(db: Kysely<DB>, site: Site, folder: string, slug = TITANIC) {
  const { installedRoot, hiddenRoot, submissionsDir } = site
  return writeExport(db, slug, { installedRoot, hiddenRoot, submissionsDir, folder, report: true })
}

async function readAll(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry)
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

describe('a report', () => {
  test('is the same bytes every time, and stands beside the export', async ({
    site,
    db,
    folder,
    world,
  }) => {
    expect(await exportTo(db, site, join(folder, 'one'))).toBe(world.ids.length)
    await exportTo(db, site, join(folder, 'two'))
    const files = await readAll(join(folder, 'one'))
    expect(Object.keys(files).toSorted()).toEqual([
      'manifest.json',
      'overview.md',
      'report/cases.csv',
      'report/methods.md',
      'report/report.json',
      'rules.md',
      'sample_submission.csv',
      'submissions.csv',
    ])
    expect(await readAll(join(folder, 'two'))).toEqual(files)
  })

  test('has the board with versions, hashes and the tie rule, and a value of each case whose mean is the score', async ({
    site,
    db,
    folder,
    world,
  }) => {
    await exportTo(db, site, join(folder, 'out'))
    const files = await readAll(join(folder, 'out'))
    const report = JSON.parse(files['report/report.json'] ?? '')
    const row = await db
      .selectFrom('competitions')
      .selectAll()
      .where('slug', '=', TITANIC)
      .executeTakeFirstOrThrow()
    expect(report).toMatchObject({
      metric: { name: 'accuracy', version: 'accuracy-v1', higher_is_better: true },
      tie_rule: expect.stringContaining('the earlier one first'),
      holdout: {
        kind: 'demo',
        ids: 418,
        evaluation_split_version: row.evaluation_split_version,
        manifest_sha256: row.manifest_sha256,
      },
      counts: { submissions: 3, people: 2, official_scores: 3, excluded: 0 },
    })
    const [first, second] = report.board
    const best = await statusOf(db, world.ids[0] ?? '')
    expect(first).toMatchObject({
      rank: 1,
      primary_score: 300 / 418,
      submission_id: best.id,
      file_sha256: best.sha256.toString('hex'),
      interval: null,
    })
    expect(second).toMatchObject({ rank: 2, primary_score: 200 / 418, entries: 2 })
    const [header, ...lines] = (files['report/cases.csv'] ?? '').trimEnd().split('\r\n')
    expect(header).toBe('task,algorithm,case,value')
    expect(lines).toHaveLength(2 * 418)
    const ofFirst = lines.filter((line) => line.includes('HYPERLINK'))
    expect(ofFirst[0]).toMatch(/^"titanic-survival","'=HYPERLINK\(""x""\)","892",[01]$/)
    expect(ofFirst.filter((line) => line.endsWith(',1'))).toHaveLength(300)
    const methods = files['report/methods.md'] ?? ''
    expect(methods).toContain('| 2 | Bob \\| \\*second\\* |')
    expect(methods).toContain("Right labels divided by ids (scikit-learn's `accuracy_score`).")
    expect(methods).toContain('its labels are made up')
  })

  test('has the intervals that the board has, and ties with whoever is first now', async ({
    site,
    db,
    folder,
    world,
  }) => {
    expect(world.ids).toHaveLength(3)
    const entries = await db
      .selectFrom('leaderboard_entries')
      .select('score_id')
      .orderBy('sort_score')
      .execute()
    const [first, second] = entries.map(({ score_id }) => score_id)
    const known = {
      secondary_metrics: '[]',
      standard_error: 0.02,
      interval_low: 0.6,
      interval_high: 0.7,
      tied_with_first: true,
      computed_at: '2026-03-01 12:00:00.000000',
    }
    await db
      .insertInto('score_uncertainties')
      .values([
        { ...known, score_id: first ?? '', first_score_id: first ?? '' },
        { ...known, score_id: second ?? '', first_score_id: second ?? '' },
      ])
      .execute()
    await exportTo(db, site, join(folder, 'out'))
    const files = await readAll(join(folder, 'out'))
    const { board } = JSON.parse(files['report/report.json'] ?? '')
    const shown = { standard_error: 0.02, interval: { low: 0.6, high: 0.7 } }
    expect(board).toMatchObject([
      { ...shown, tied_with_first: true },
      { ...shown, tied_with_first: null },
    ])
    expect(files['report/methods.md']).toContain('95 % intervals of 2 of 2 entries')
  })

  test('of a board on which nobody is yet has no entries', async ({ site, db, folder }) => {
    expect(await exportTo(db, site, join(folder, 'out'), RSNA)).toBe(0)
    const files = await readAll(join(folder, 'out'))
    expect(files['report/cases.csv']).toBe('task,algorithm,case,value\r\n')
    expect(files['report/methods.md']).toContain('nothing was submitted yet')
  })

  test('of a file or a score that is not what the rows say is refused, and nothing is left of it', async ({
    site,
    db,
    folder,
    world,
  }) => {
    const { stored_name, id } = await statusOf(db, world.ids[0] ?? '')
    await db
      .updateTable('leaderboard_entries')
      .set({ primary_score: 0.5 })
      .where('submission_id', '=', id)
      .execute()
    await expect(exportTo(db, site, join(folder, 'out'))).rejects.toThrow('has 0.5 on the board')
    await appendFile(join(site.submissionsDir, stored_name), '\n')
    await expect(exportTo(db, site, join(folder, 'out'))).rejects.toThrow('cannot be read')
    expect(await readdir(folder)).toEqual([])
  })
})
