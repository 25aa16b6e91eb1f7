import type { Command } from 'commander'

const JSON_OPTION = ['--json', 'print one JSON object instead of text'] as const
const YES_OPTION = ['--yes', 'do not ask before the board changes'] as const
const NOTE_OPTION = [
  '--note <text>',
  'what everybody reads on the leaderboard about the change',
] as const
const DRY_OPTION = [
  '--dry-run',
  'show what would change, and change no text and no board; a switch stores its files and scores everything beside the board',
] as const
const LEAVE_OUT_OPTION = [
  '--leave-out',
  'go on without submissions that cannot be scored: they leave the board, and their owners are told',
] as const

/** The work is loaded when it is wanted, so that other commands start without the database's driver. */
export function registerCompetition(program: Command): void {
  const competition = program.command('competition').description('competitions and their holdouts')
  competition
    .command('validate <bundle>')
    .description('list everything that is wrong with a bundle folder')
    .option('--holdout <file>', 'labels to check with it, instead of its holdout_labels.csv')
    .option(...JSON_OPTION)
    .action(async (folder, options) =>
      (await import('./validate.ts')).validateBundle(folder, options),
    )
  competition
    .command('import <bundle>')
    .description(
      'register a new competition, or move one to this bundle and holdout with everything scored again',
    )
    .option('--holdout <file>', 'the labels, instead of the folder’s holdout_labels.csv')
    .option(...NOTE_OPTION)
    .option(...DRY_OPTION)
    .option(...LEAVE_OUT_OPTION)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (folder, options) => (await import('./import.ts')).importBundle(folder, options))
  competition
    .command('split <labels>')
    .description(
      'make a bundle with its holdout, and the list for training, of a CSV file of labels',
    )
    .requiredOption('--share <number>', 'of the ids, for the holdout')
    .requiredOption('--seed <text>', 'the same one makes the same split')
    .option('--slug <slug>', 'after the file by default')
    .option('--metric <metric>', 'found from the labels by default')
    .option('--id-column <name>', 'the first by default')
    .option('--image <width>x<height>', 'pixels of the images, for masks')
    .option('--to <dir>', 'a folder that does not exist yet; <slug> here by default')
    .option(...JSON_OPTION)
    .action(async (file, options) => (await import('./split.ts')).splitCompetition(file, options))
  competition
    .command('rescore <slug>')
    .description('score everything again with the present scorer on the same holdout')
    .option(...NOTE_OPTION)
    .option(...DRY_OPTION)
    .option(...LEAVE_OUT_OPTION)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (slug, options) => (await import('./rescore.ts')).rescore(slug, options))
  competition
    .command('export <slug>')
    .description('write the public part, and every submission with its score as CSV')
    .option('--to <dir>', 'a folder that does not exist yet; <slug>-export here by default')
    .option(
      '--report',
      'with a report for a paper, and the values of each id; these tell the holdout',
    )
    .option(...JSON_OPTION)
    .action(async (slug, options) => (await import('./export.ts')).exportCompetition(slug, options))
  competition
    .command('list')
    .description('every competition with its holdout and its submissions')
    .option(...JSON_OPTION)
    .action(async (options) => (await import('./list.ts')).listCompetitions(options))
}
