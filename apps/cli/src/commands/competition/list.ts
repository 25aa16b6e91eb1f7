import { printJson } from '../../terminal/output.ts'
import { openDatabase } from './setting.ts'

/** Every competition with what it is scored on. */
export async function listCompetitions({ json }: { json?: boolean }): Promise<void> {
  await using db = openDatabase()
  const rows = await db
    .selectFrom('competitions')
    .select([
      'slug',
      'title',
      'status',
      'metric_version',
      'holdout_kind',
      'holdout_rows',
      'evaluation_split_version',
      'bundle_version',
      (eb) =>
        eb
          .selectFrom('submissions')
          .whereRef('submissions.competition_id', '=', 'competitions.id')
          .select((count) => count.fn.countAll<number>().as('count'))
          .as('submissions'),
    ])
    .orderBy('slug')
    .execute()
  const competitions = rows.map((row) => ({ ...row, submissions: Number(row.submissions) }))
  if (json) {
    printJson({ competitions })
    return
  }
  for (const row of competitions) {
    const source = row.bundle_version === null ? 'shipped' : 'imported'
    process.stdout.write(
      `${row.slug}\n  ${row.status}, ${source}, ${row.metric_version}, ${row.submissions} submissions, ${row.holdout_kind} holdout ${row.evaluation_split_version} of ${row.holdout_rows} ids\n`,
    )
  }
}
