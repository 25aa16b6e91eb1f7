import type { Requirement } from '../host/packages.ts'
import { BENCH_REQUIREMENTS, PROXY_BENCH_REQUIREMENTS } from './packages.ts'

export type Benchmark = {
  /** `./medforge bench <name>` runs `tests/bench/<name>.ts` with the options as `--name value`. */
  name: string
  description: string
  options: readonly BenchmarkOption[]
  requirements: readonly Requirement[]
}

export type BenchmarkOption = { name: string; value: string; description: string; usual: string }

const samples = (usual: string): BenchmarkOption => ({
  name: 'samples',
  value: 'n',
  description: 'how many of each',
  usual,
})
const seconds = (usual: string): BenchmarkOption => ({
  name: 'seconds',
  value: 'n',
  description: 'how long each load lasts',
  usual,
})

/** A new one is a line here and a program of that name in tests/bench. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'launch',
    description: 'a launch against a bare container of the same image, alone and seven at once',
    options: [samples('15')],
    requirements: BENCH_REQUIREMENTS,
  },
  {
    name: 'proxy',
    description: 'session-proxy alone, on one core, at full and at half its rate',
    options: [seconds('10')],
    requirements: PROXY_BENCH_REQUIREMENTS,
  },
  {
    name: 'edge',
    description: 'the way through the edge against the same way without it',
    options: [seconds('6')],
    requirements: BENCH_REQUIREMENTS,
  },
]
