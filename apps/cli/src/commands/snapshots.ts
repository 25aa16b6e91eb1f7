import type { Command } from 'commander'

/** The work is loaded when it is wanted, so that other commands start without the database's driver. */
export function registerSnapshots(program: Command): void {
  const snapshots = program
    .command('snapshots')
    .description('snapshots of workspaces; nothing here deletes one')
  snapshots
    .command('list')
    .description('snapshots, newest first')
    .option('--user <email>', 'of this person only')
    .option('--session <session>', 'of this session only, by id or slug')
    .option('--json', 'as JSON, for programs')
    .action(async (options) => (await import('./snapshots-actions.ts')).list(options))
  snapshots
    .command('show <snapshot>')
    .description('whose it is, of which session, how large')
    .option('--json', 'as JSON, for programs')
    .action(async (ref, options) => (await import('./snapshots-actions.ts')).show(ref, options))
  snapshots
    .command('clone <snapshot> [dataset]')
    .description('make its files readable as a new dataset below the workspaces')
    .option('--to-user <email>', 'below the folder of this person instead of its owner’s')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON, for programs')
    .action(async (ref, dataset, options) =>
      (await import('./snapshots-actions.ts')).clone(ref, dataset, options),
    )
}
