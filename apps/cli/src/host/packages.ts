import { Failure } from '../failure.ts'
import { isInstalled, reasonOf, run } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'

/** A program that the platform needs, and the distribution packages that bring it, best first. */
export type Requirement = { program: string; packages: string[]; because: string }

export const BASE_REQUIREMENTS: Requirement[] = [
  { program: 'dockerd', packages: ['docker.io'], because: 'runs the platform and its sessions' },
  { program: 'iptables', packages: ['iptables'], because: 'keeps sessions apart' },
  { program: 'ss', packages: ['iproute2'], because: 'finds out who holds a port' },
  { program: 'mmdebstrap', packages: ['mmdebstrap'], because: 'makes the base image' },
  { program: 'docker-registry', packages: ['docker-registry'], because: 'gives images a digest' },
  {
    program: 'update-ca-certificates',
    packages: ['ca-certificates'],
    because: 'holds the trial certificate',
  },
  { program: 'certutil', packages: ['libnss3-tools'], because: 'holds it for Chromium' },
]

export const COMPOSE_PACKAGES = ['docker-compose-v2', 'docker-compose']
export const ZFS_KERNEL: Requirement = {
  program: 'zpool',
  packages: ['zfsutils-linux'],
  because: 'keeps the workspaces',
}
export const ZFS_FUSE: Requirement = {
  program: 'zfs-fuse',
  packages: ['zfs-fuse'],
  because: 'keeps the workspaces where the kernel has no ZFS',
}

/**
 * Install what is missing, and nothing else.
 *
 * @returns the packages that were installed; empty when the host had everything
 * @throws Failure that names the packages and whether the archive or the package manager is at fault
 */
export async function ensurePackages(
  requirements: Requirement[],
  progress: Progress,
): Promise<string[]> {
  const present = await Promise.all(requirements.map(({ program }) => isInstalled(program)))
  const missing = requirements.filter((_, index) => !present[index])
  if (!(await hasCompose())) {
    missing.push({ program: 'docker-compose', packages: COMPOSE_PACKAGES, because: 'compose' })
  }
  if (missing.length === 0) return []
  if (!(await isInstalled('apt-get'))) {
    const names = missing.map(({ program }) => program).join(', ')
    throw new Failure(
      `This host lacks ${names} and has no apt-get to install them with.`,
      'MedForge sets up Debian 12 and Ubuntu 24.04; on another system, install these programs yourself and run this again.',
    )
  }
  let packages = await chooseAvailable(missing)
  let updated = ''
  if (packages === undefined) {
    progress.detail('apt-get update')
    updated = await apt(['update'], [], progress)
    packages = await chooseAvailable(missing)
  }
  if (packages === undefined) {
    const names = missing.map((entry) => entry.packages.join(' or ')).join(', ')
    // apt-get update takes an archive that it could not reach for a warning.
    if (UNREACHABLE.test(updated)) throw unreachable(names)
    throw new Failure(
      `The package archive of this host does not offer all of: ${names}.`,
      'Add the distribution’s main archive to /etc/apt/sources.list, run apt-get update, and run this again.',
    )
  }
  progress.detail(`installing ${packages.join(' ')}`)
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  try {
    await apt(install, packages, progress)
  } catch {
    // The lists may be older than the archive.
    await apt(['update'], packages, progress)
    await apt(install, packages, progress)
  }
  return packages
}

async function hasCompose(): Promise<boolean> {
  if (await isInstalled('docker-compose')) return true
  return (await run('docker', ['compose', 'version'])).ok
}

/** The first package of each requirement that the archive knows; undefined when one has none (the lists may be stale). */
async function chooseAvailable(missing: Requirement[]): Promise<string[] | undefined> {
  const chosen: string[] = []
  for (const { packages } of missing) {
    const policy = await run('apt-cache', ['policy', ...packages])
    const name = packages.find((candidate) => hasCandidate(policy.stdout, candidate))
    if (name === undefined) return undefined
    chosen.push(name)
  }
  return [...new Set(chosen)]
}

/** Whether `apt-cache policy` names an installable version of the package. */
export function hasCandidate(policy: string, name: string): boolean {
  const section = policy.split(/^(?=\S)/m).find((part) => part.startsWith(`${name}:`))
  return section !== undefined && /^\s+Candidate: (?!\(none\))\S/m.test(section)
}

const UNREACHABLE =
  /Failed to fetch|Unable to fetch|Temporary failure resolving|Could not connect|Connection timed out|Could not resolve/

/** @returns what it printed */
async function apt(args: string[], packages: string[], progress: Progress): Promise<string> {
  const outcome = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], {
    timeoutMs: 900_000,
    env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' },
    onLine: (line) => progress.detail(line.slice(0, 120)),
  })
  const printed = `${outcome.stdout}\n${outcome.stderr}`
  if (outcome.ok) return printed
  const what = packages.length > 0 ? packages.join(', ') : 'the package lists'
  if (UNREACHABLE.test(printed)) throw unreachable(what)
  throw new Failure(
    `Installing ${what} failed (${reasonOf('apt-get', outcome)}).`,
    'Run apt-get -f install, then run this again.',
  )
}

function unreachable(what: string): Failure {
  return new Failure(
    `The package archive cannot be reached, so ${what} could not be fetched.`,
    'Check this host’s network and /etc/apt/sources.list with apt-get update, then run this again.',
  )
}
