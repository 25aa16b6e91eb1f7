import type { Requirement } from '@medforge/cli/host/programs.ts'
import {
  BENCH_REQUIREMENTS,
  DATABASE_BENCH_REQUIREMENTS,
  PROXY_BENCH_REQUIREMENTS,
  SCORING_BENCH_REQUIREMENTS,
} from './requirements.ts'

export type Benchmark = {
  /** `./medforge bench <name>` runs `tests/bench/<name>.ts` with the options as `--name value`. */
  name: string
  description: string
  options: readonly BenchmarkOption[]
  requirements: readonly Requirement[]
  /** A whole one, brought up for it. It would only be noise to those that bring their own server and database. */
  needsInstallation: boolean
}

export type BenchmarkOption = { name: string; value: string; description: string; usual: string }

const samples = (usual: string): BenchmarkOption => ({
  name: 'samples',
  value: 'n',
  description: 'how many of each',
  usual,
})
const together: BenchmarkOption = {
  name: 'together',
  value: 'n',
  description: 'how many at once; fewer where the host cannot',
  usual: '7',
}
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
    options: [samples('15'), together],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'stop',
    description: 'from the click on stop to a free GPU, alone and seven at once',
    options: [samples('15'), together],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'proxy',
    description: 'session-proxy alone, on one core, at full and at half its rate',
    options: [seconds('10')],
    requirements: PROXY_BENCH_REQUIREMENTS,
    needsInstallation: false,
  },
  {
    name: 'edge',
    description:
      'the way through the edge against the same way where nothing is decided, and without it',
    options: [seconds('6')],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'attack',
    description: 'others while one client holds all of the edge that it can, against a quiet edge',
    options: [seconds('8')],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'soak',
    description: 'seven open IDEs with websockets: no drop, no leak',
    options: [{ name: 'minutes', value: 'n', description: 'how long they stay open', usual: '60' }],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'scoring',
    description: 'from an upload to its score, and what a score costs against Python with numpy',
    options: [samples('30')],
    requirements: SCORING_BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'upload',
    description: 'files of the largest size, several at once: the server’s memory and its rate',
    options: [
      { name: 'files', value: 'n', description: 'how many', usual: '96' },
      { name: 'parallel', value: 'n', description: 'how many at once', usual: '8' },
    ],
    requirements: BENCH_REQUIREMENTS,
    needsInstallation: true,
  },
  {
    name: 'leaderboard',
    description: 'a leaderboard with 150,000 submissions and with ten times as many',
    options: [
      samples('200'),
      {
        name: 'submissions',
        value: 'n',
        description: 'how many of 10,000 people on the first size',
        usual: '150000',
      },
    ],
    requirements: DATABASE_BENCH_REQUIREMENTS,
    needsInstallation: false,
  },
]
