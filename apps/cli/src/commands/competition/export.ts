import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { csvCell } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../../failure.ts'
import { HIDDEN_HOLDOUTS, PUBLIC_BUNDLES, SUBMISSIONS } from '../../names.ts'
import { printJson } from '../../terminal/output.ts'
import { type ReportRoots, readReportFacts, writeReport } from './evaluation-report.ts'
import { requirePublicFiles } from './public-part.ts'
import { type CompetitionRow, openDatabase, requireRow } from './setting.ts'

const PAGE = 2000
const COLUMNS = [
  'submission_id',
  'user_id',
  'display_name',
  'filename',
  'created_at',
  'size_bytes',
  'sha256',
  'score_status',
  'score_error',
  'scored_at',
  'primary_score',
  'metric_version',
  'evaluation_split_version',
  'manifest_sha256',
  'scorer_version',
] as const
type Line = Record<(typeof COLUMNS)[number], string | number | null>

export async function exportCompetition(
  slug: string,
  options: { to?: string; report?: boolean; json?: boolean },
): Promise<void> {
  const folder = resolve(options.to ?? `${slug}-export`)
  await using db = openDatabase()
  const roots = {
    installedRoot: PUBLIC_BUNDLES,
    hiddenRoot: HIDDEN_HOLDOUTS,
    submissionsDir: SUBMISSIONS,
  }
  const submissions = await writeExport(db, slug, { ...roots, folder, ...options })
  if (options.json) printJson({ slug, folder, submissions })
  else process.stdout.write(`${folder}: ${slug} with ${submissions} submissions.\n`)
}

export type ExportOptions = ReportRoots & { folder: string; report?: boolean }

/**
 * The public part as it can be imported again, `submissions.csv` in the order of submission, and where it is asked for the report. Complete,
 * or not there. All of it is of one moment, so the same state of the database gives the same bytes.
 *
 * @returns how many submissions there are
 */
export async function writeExport(
  db: Kysely<DB>,
  slug: string,
  { folder, report, ...roots }: ExportOptions,
): Promise<number> {
  if (existsSync(folder)) {
    throw new Failure(`${folder} is there already.`, 'Name a new folder with --to.')
  }
  const incoming = `${folder}.incoming-${process.pid}`
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  try {
    const moment = db.transaction().setIsolationLevel('repeatable read')
    const read = await moment.execute(async (tx) => {
      const row = await requireRow(tx, slug)
      const files = await requirePublicFiles(roots, row)
      for (const [name, bytes] of files) await writeFile(join(incoming, name), bytes)
      const submissions = await writeSubmissions(tx, row, join(incoming, 'submissions.csv'))
      return { submissions, row, facts: report ? await readReportFacts(tx, row) : null }
    })
    if (read.facts) await writeReport(read.row, read.facts, roots, join(incoming, 'report'))
    await rename(incoming, folder)
    return read.submissions
  } catch (error) {
    await rm(incoming, { recursive: true })
    throw error
  }
}

async function writeSubmissions(
  db: Kysely<DB>,
  competition: CompetitionRow,
  path: string,
): Promise<number> {
  await using file = await open(path, 'wx', 0o600)
  await file.appendFile(`${COLUMNS.join(',')}\r\n`)
  let written = 0
  for (let after: { created_at: string; id: string } | null = null; ; ) {
    const rows = await readPage(db, competition.id, after)
    const lines = rows.map(({ sha256, ...row }) => {
      const line: Line = { ...row, sha256: sha256.toString('hex') }
      return `${COLUMNS.map((column) => csvCell(line[column])).join(',')}\r\n`
    })
    await file.appendFile(lines.join(''))
    written += rows.length
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return written
    after = { created_at: last.created_at, id: last.submission_id }
  }
}

function readPage(
  db: Kysely<DB>,
  competitionId: string,
  after: { created_at: string; id: string } | null,
) {
  return db
    .selectFrom('submissions')
    .innerJoin('users', 'users.id', 'submissions.user_id')
    .leftJoin('submission_scores as score', (join) =>
      join.onRef('score.submission_id', '=', 'submissions.id').on('score.official_active', '=', 1),
    )
    .select([
      'submissions.id as submission_id',
      'submissions.user_id',
      'users.display_name',
      'submissions.filename',
      'submissions.created_at',
      'submissions.size_bytes',
      'submissions.sha256',
      'submissions.score_status',
      'submissions.score_error',
      'submissions.scored_at',
      'score.primary_score',
      'score.metric_version',
      'score.evaluation_split_version',
      'score.manifest_sha256',
      'score.scorer_version',
    ])
    .where('submissions.competition_id', '=', competitionId)
    .$if(after !== null, (query) =>
      query.where((eb) =>
        eb.or([
          eb('submissions.created_at', '>', after?.created_at ?? ''),
          eb.and([
            eb('submissions.created_at', '=', after?.created_at ?? ''),
            eb('submissions.id', '>', after?.id ?? ''),
          ]),
        ]),
      ),
    )
    .orderBy('submissions.created_at')
    .orderBy('submissions.id')
    .limit(PAGE)
    .execute()
}
