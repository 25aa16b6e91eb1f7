import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { ensurePackages } from '../host/packages.ts'
import { createProgress } from '../terminal/progress.ts'
import { BENCH_REQUIREMENTS } from '../testing/packages.ts'
import { runBenchmark } from '../testing/run-benchmark.ts'

export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure, on an installation of its own beside whatever runs here')
  bench
    .command('launch')
    .description('a launch against a bare container of the same image')
    .option('--samples <n>', 'how many of each', '15')
    .action((options: { samples: string }) => measure('launch', ['--samples', options.samples]))
  bench
    .command('edge')
    .description('the way through the edge against the same way without it')
    .option('--seconds <n>', 'how long each load lasts', '6')
    .action((options: { seconds: string }) => measure('edge', ['--seconds', options.seconds]))
}

async function measure(name: 'launch' | 'edge', args: string[]): Promise<void> {
  await ensurePackages(BENCH_REQUIREMENTS, createProgress(process.stderr))
  process.exitCode = await runBenchmark(readEnvironment(), name, args)
}
