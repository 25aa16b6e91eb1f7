import { ensurePackages } from '@medforge/cli/host/packages.ts'
import {
  named,
  requirementsOf as platformRequirements,
  type Requirement,
} from '@medforge/cli/host/programs.ts'
import { createProgress } from '@medforge/cli/terminal/progress.ts'
import type { Part } from './suites.ts'

const MARIADB: Requirement[] = [
  {
    program: 'mariadbd',
    packages: named('mariadb-server'),
    because: 'is what integration tests run on',
  },
  {
    program: 'mariadb-install-db',
    packages: named('mariadb-server'),
    because: 'makes a database for them',
  },
]

const CELL: Requirement[] = [
  ...platformRequirements('fuse'),
  { program: 'nsenter', packages: named('util-linux'), because: 'enters the test cell' },
  { program: 'ip', packages: named('iproute2'), because: 'connects the test cell' },
  {
    program: 'ping',
    packages: named('iputils-ping'),
    because: 'asks who answers behind the firewall',
  },
  {
    program: 'curl',
    packages: named('curl'),
    because: 'asks the edge what a client library would not',
  },
]

const BROWSER: Requirement[] = [
  {
    program: 'chromium',
    // Ubuntu's is a snap.
    packages: { 'Debian 12': 'chromium', 'Debian 13': 'chromium' },
    because: 'is the browser of the journey',
  },
]

const FAULTS: Requirement[] = [
  { program: 'faketime', packages: named('faketime'), because: 'moves the clock under a process' },
]

export const BENCH_REQUIREMENTS: Requirement[] = [
  ...CELL,
  { program: 'wrk', packages: named('wrk'), because: 'makes load for the edge benchmark' },
]

export const DATABASE_BENCH_REQUIREMENTS: Requirement[] = [...CELL, ...MARIADB]

export const PROXY_BENCH_REQUIREMENTS: Requirement[] = [
  ...CELL,
  ...MARIADB,
  {
    program: 'taskset',
    packages: named('util-linux'),
    because: 'gives a server a core of its own',
  },
]

export const SCORING_BENCH_REQUIREMENTS: Requirement[] = [
  ...CELL,
  {
    program: 'f2py3',
    packages: named('python3-numpy'),
    because: 'is what scoring is compared with',
  },
]

/** What the machine has to have for these parts. The cell installs nothing: it shares /usr with the machine. */
export function requirementsOf(parts: readonly Part[]): Requirement[] {
  const has = (...names: Part[]) => names.some((name) => parts.includes(name))
  return [
    ...(has('integration', 'host') ? MARIADB : []),
    ...(has('host', 'contract', 'e2e', 'chaos') ? CELL : []),
    ...(has('e2e') ? BROWSER : []),
    ...(has('chaos') ? FAULTS : []),
  ]
}

/** Install what the machine lacks of these, as a step that says what it does. */
export async function installRequirements(requirements: readonly Requirement[]): Promise<void> {
  const progress = createProgress(process.stderr)
  progress.begin('packages')
  const installed = await ensurePackages(requirements, progress)
  progress.end(installed.length > 0 ? `installed ${installed.join(' ')}` : 'all there')
}
