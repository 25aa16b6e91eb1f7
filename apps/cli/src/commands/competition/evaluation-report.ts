import { createHash } from 'node:crypto'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Bundle,
  type BundleRoots,
  createBundleCatalogue,
  HoldoutError,
  readHoldoutFacts,
  readHoldoutTable,
  readStoredSubmission,
} from '@medforge/competitions'
import { csvCell } from '@medforge/core'
import { type DB, toTimestamp } from '@medforge/db'
import { caseValues, hasCaseValues, SCORER_VERSION, score, type Table } from '@medforge/scoring'
import type { Kysely } from 'kysely'
import { Failure } from '../../failure.ts'
import { describeMethods, metricText, type Report, type ReportEntry } from './methods-section.ts'
import type { CompetitionRow } from './setting.ts'

export type ReportRoots = BundleRoots & { hiddenRoot: string; submissionsDir: string }

export type ReportFacts = {
  counts: Report['counts']
  entries: Awaited<ReturnType<typeof readEntries>>
}

/** What a metric that compares ids with one another says of all of them together. */
const ALL_IDS = 'all'
const METRICS_TEXT = new URL('../../../../../docs/competitions.md', import.meta.url)

export async function readReportFacts(
  db: Kysely<DB>,
  competition: CompetitionRow,
): Promise<ReportFacts> {
  return { counts: await readCounts(db, competition), entries: await readEntries(db, competition) }
}

/**
 * `report.json`, `methods.md` and `cases.csv`, for the operator's eyes: the last one tells the holdout.
 *
 * @throws Failure where the holdout, a file or a score is not what the competition's rows say
 */
export async function writeReport(
  row: CompetitionRow,
  { counts, entries }: ReportFacts,
  roots: ReportRoots,
  folder: string,
): Promise<void> {
  const bundle = await createBundleCatalogue(roots).find(row)
  if (!bundle) throw new Failure(`${row.slug} has no public part.`, 'Import its bundle again.')
  const holdout = await readHoldout(row, bundle, roots.hiddenRoot)
  await mkdir(folder, { mode: 0o700 })
  await writeCases(join(folder, 'cases.csv'), { bundle, holdout, entries, roots })
  const report = describe(row, bundle, counts, entries)
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  const definition = metricText(await readFile(METRICS_TEXT, 'utf8'), row.metric_version)
  await writeFile(join(folder, 'methods.md'), describeMethods(report, bundle, definition))
}

async function readHoldout(
  row: CompetitionRow,
  bundle: Bundle,
  hiddenRoot: string,
): Promise<Table> {
  try {
    const facts = await readHoldoutFacts(hiddenRoot, row.slug, row.evaluation_split_version)
    if (facts.manifestSha256 !== row.manifest_sha256) {
      throw new HoldoutError(`The holdout of ${row.slug} on disk is not the one of its board.`)
    }
    return await readHoldoutTable(hiddenRoot, bundle, facts)
  } catch (error) {
    if (!(error instanceof HoldoutError)) throw error
    throw new Failure(error.message, 'Import the bundle with its holdout again, then export.', {
      cause: error,
    })
  }
}

type CaseSources = {
  bundle: Bundle
  holdout: Table
  entries: ReportFacts['entries']
  roots: ReportRoots
}

/** Task, algorithm, case and value, as challengeR reads them: a line for each entry of the board and id. */
async function writeCases(path: string, sources: CaseSources): Promise<void> {
  const { bundle, holdout, entries, roots } = sources
  const { metric, slug } = bundle.manifest
  await using file = await open(path, 'wx', 0o600)
  await file.appendFile('task,algorithm,case,value\r\n')
  for (const entry of entries) {
    const submission = await readTable(bundle, entry, roots.submissionsDir)
    const { primary_score } = score(metric, submission, holdout)
    if (primary_score !== entry.primary_score) {
      throw new Failure(
        `Submission ${entry.submission_id} has ${entry.primary_score} on the board, and its file gives ${primary_score}.`,
        `./medforge competition rescore ${slug} scores everything with the present scorer; export then.`,
      )
    }
    const values = hasCaseValues(metric)
      ? [...caseValues(metric, submission, holdout)].map(
          (value, index) => [bundle.expected.ids[index] ?? '', value] as const,
        )
      : [[ALL_IDS, primary_score] as const]
    const lines = values.map(([id, value]) =>
      [slug, entry.display_name, id, Number.isNaN(value) ? null : value].map(csvCell).join(','),
    )
    await file.appendFile(`${lines.join('\r\n')}\r\n`)
  }
}

async function readTable(
  bundle: Bundle,
  { submission_id, stored_name, sha256, size_bytes }: ReportFacts['entries'][number],
  submissionsDir: string,
): Promise<Table> {
  const stored = { storedName: stored_name, sha256: sha256.toString('hex'), sizeBytes: size_bytes }
  const checked = await readStoredSubmission(submissionsDir, bundle, stored).catch((cause) => {
    throw new Failure(
      `The file of submission ${submission_id} cannot be read: ${cause.message}`,
      'Restore it from the backup, or exclude the submission, and export again.',
      { cause },
    )
  })
  if (checked.ok) return checked.table
  throw new Failure(
    `The file of submission ${submission_id} does not fit the competition any more: ${checked.faults[0]?.message}`,
    'Exclude the submission, or import the bundle that it was accepted by, and export again.',
  )
}

function describe(
  row: CompetitionRow,
  bundle: Bundle,
  counts: Report['counts'],
  entries: ReportFacts['entries'],
): Report {
  const { manifest } = bundle
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
  return {
    format: 1,
    competition: {
      slug: row.slug,
      title: row.title,
      spec_version: row.competition_spec_version,
      status: row.status,
      is_permanent: row.is_permanent,
      submission_cap_per_day: row.submission_cap_per_day,
      evaluation_policy: row.evaluation_policy,
      leaderboard_rule: row.leaderboard_rule,
      scoring_mode: row.scoring_mode,
    },
    metric: {
      name: row.metric,
      version: row.metric_version,
      higher_is_better: row.higher_is_better,
    },
    scorer_version: SCORER_VERSION,
    tie_rule:
      'Of equal scores the earlier one first, then the smaller submission id; ranks are 1, 2, 3. The time is that of the first official score of the submission.',
    holdout: {
      kind: row.holdout_kind,
      ids: row.holdout_rows,
      evaluation_split_version: row.evaluation_split_version,
      manifest_sha256: row.manifest_sha256,
      ids_sha256: bundle.idsSha256,
    },
    public_part: {
      bundle_version: row.bundle_version,
      split_version: manifest.split_version,
      sample_submission_sha256: sha256(bundle.sampleSubmission),
      overview_sha256: sha256(bundle.description),
      rules_sha256: sha256(bundle.rules),
    },
    dataset: manifest.dataset,
    counts,
    board: entries.map((entry, index) => ({
      rank: index + 1,
      user_id: entry.user_id,
      display_name: entry.display_name,
      primary_score: entry.primary_score,
      ...uncertaintyOf(entry, entries[0]),
      submission_id: entry.submission_id,
      score_id: entry.score_id,
      file_sha256: entry.sha256.toString('hex'),
      scorer_version: entry.scorer_version,
      scored_at: toTimestamp(entry.scored_at),
      entries: Number(entry.entries),
    })),
  }
}

/** What the board says of an entry beside its score: the one place where the report takes it from. Null where the board has none yet. */
function uncertaintyOf(
  entry: ReportFacts['entries'][number],
  first: ReportFacts['entries'][number] | undefined,
): Pick<ReportEntry, 'standard_error' | 'interval' | 'tied_with_first'> {
  const { standard_error, interval_low: low, interval_high: high, first_score_id } = entry
  return {
    standard_error,
    interval: low === null || high === null ? null : { low, high },
    // What was compared with another first entry says nothing of this one.
    tied_with_first: first_score_id === first?.score_id ? entry.tied_with_first : null,
  }
}

/** The board, best first. */
function readEntries(db: Kysely<DB>, competition: CompetitionRow) {
  return db
    .selectFrom('leaderboard_entries as entry')
    .innerJoin('users', 'users.id', 'entry.user_id')
    .innerJoin('submissions', 'submissions.id', 'entry.submission_id')
    .innerJoin('submission_scores as score', 'score.id', 'entry.score_id')
    .leftJoin('score_uncertainties as known', 'known.score_id', 'entry.score_id')
    .selectAll('entry')
    .select([
      'known.standard_error',
      'known.interval_low',
      'known.interval_high',
      'known.first_score_id',
      'known.tied_with_first',
      'users.display_name',
      'submissions.stored_name',
      'submissions.sha256',
      'submissions.size_bytes',
      'score.scorer_version',
    ])
    .where('entry.competition_id', '=', competition.id)
    .where('entry.evaluation_split_version', '=', competition.evaluation_split_version)
    .orderBy('entry.sort_score')
    .orderBy('entry.scored_at')
    .orderBy('entry.submission_id')
    .execute()
}

async function readCounts(db: Kysely<DB>, { id }: CompetitionRow): Promise<Report['counts']> {
  const row = await db
    .selectFrom('submissions')
    .leftJoin('submission_scores as score', (join) =>
      join.onRef('score.submission_id', '=', 'submissions.id').on('score.official_active', '=', 1),
    )
    .leftJoin('submission_exclusions as excluded', 'excluded.submission_id', 'submissions.id')
    .select((eb) => [
      eb.fn.countAll<number>().as('submissions'),
      eb.fn.count<number>('submissions.user_id').distinct().as('people'),
      eb.fn.count<number>('score.id').as('official_scores'),
      eb.fn.count<number>('excluded.submission_id').as('excluded'),
      eb.fn.min('submissions.created_at').as('first_at'),
      eb.fn.max('submissions.created_at').as('last_at'),
    ])
    .where('submissions.competition_id', '=', id)
    .executeTakeFirstOrThrow()
  return {
    submissions: Number(row.submissions),
    people: Number(row.people),
    official_scores: Number(row.official_scores),
    excluded: Number(row.excluded),
    first_submission_at: row.first_at === null ? null : toTimestamp(row.first_at),
    last_submission_at: row.last_at === null ? null : toTimestamp(row.last_at),
  }
}
