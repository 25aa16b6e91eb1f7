import { readEnvironment } from '@medforge/cli/config/env.ts'
import type { Command } from 'commander'
import { BENCHMARKS, type Benchmark } from './benchmarks.ts'
import { installRequirements } from './requirements.ts'
import { runBenchmark } from './run-benchmark.ts'

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure, in a cell beside whatever runs here')
  for (const benchmark of BENCHMARKS) registerOne(bench, benchmark)
}

function registerOne(bench: Command, benchmark: Benchmark): void {
  const command = bench.command(benchmark.name).description(benchmark.description)
  for (const { name, value, description, usual } of benchmark.options) {
    command.option(`--${name} <${value}>`, description, usual)
  }
  command.action(async (options: Record<string, string>) => {
    await installRequirements(benchmark.requirements)
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const minutes = Number(options.minutes ?? 0)
    process.exitCode = await runBenchmark(readEnvironment(), benchmark, { args, minutes })
  })
}
