import type { Command } from 'commander'

/** The work is loaded when it is wanted, so that other commands start without the database's driver. */
export function registerGpus(program: Command): void {
  const gpus = program.command('gpus').description('GPUs of this host')
  gpus
    .command('list')
    .description('every GPU: what you want of it, what was seen, which session holds it')
    .option('--json', 'as JSON, for programs')
    .action(async (options) => (await import('./gpus-actions.ts')).list(options))
  gpus
    .command('enable <id...>')
    .description('let sessions have them; ends the quarantine of a fault once the device answers')
    .option('--json', 'as JSON, for programs')
    .action(async (ids, options) => (await import('./gpus-actions.ts')).enable(ids, options))
  gpus
    .command('disable <id...>')
    .description('let no further session have them; the one that holds it goes on')
    .option('--reason <text>', 'why, for whoever looks at the list')
    .option('--json', 'as JSON, for programs')
    .action(async (ids, options) => (await import('./gpus-actions.ts')).disable(ids, options))
}
