import { printJson } from '../../terminal/output.ts'
import { lockCompetitions, openDatabase, requireRow } from './setting.ts'
import { assertNote, replaceBoard, type SwitchOptions } from './switch.ts'

/** Everything again with the present scorer, on the same holdout. */
export async function rescore(slug: string, options: SwitchOptions): Promise<void> {
  assertNote(options)
  await using _lock = await lockCompetitions()
  await using db = openDatabase()
  const row = await requireRow(db, slug)
  const { bundle_version, metric_version, evaluation_split_version, manifest_sha256 } = row
  const { outcome, difference } = await replaceBoard(db, {
    row,
    target: { bundle_version, metric_version, evaluation_split_version, manifest_sha256 },
    competition: {},
    notice: 'All submissions were scored again on the same holdout.',
    action: 'competition.rescore',
    options,
  })
  if (options.json) {
    printJson({ slug, outcome, difference })
    return
  }
  const messages = {
    switched: 'The board was switched.',
    dry_run: 'Nothing was changed.',
    unchanged: 'Every score is what it was; nothing was changed.',
  }
  process.stdout.write(`${slug}: ${messages[outcome]}\n`)
}
