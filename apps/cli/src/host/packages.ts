import { readFileSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { isInstalled, reasonOf, run } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import {
  describeMissing,
  findDistribution,
  findMissing,
  type MissingProgram,
  type Requirement,
} from './programs.ts'

/** Which of these programs this host lacks. */
export async function lookForPrograms(
  requirements: readonly Requirement[],
): Promise<MissingProgram[]> {
  const found = await Promise.all(requirements.map(({ program }) => isThere(program)))
  const programs = new Set(requirements.filter((_, at) => found[at]).map(({ program }) => program))
  return findMissing(requirements, { distribution: findDistribution(readOsRelease()), programs })
}

async function isThere(program: string): Promise<boolean> {
  if (await isInstalled(program)) return true
  return program === 'docker-compose' && (await run('docker', ['compose', 'version'])).ok
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}

/**
 * Install the packages of programs that are missing, and nothing else.
 *
 * @returns the packages that were installed; empty when the host had everything
 * @throws Failure that names the programs, or the packages and whether the archive or the package manager is at fault
 */
export async function ensurePackages(
  requirements: readonly Requirement[],
  progress: Progress,
): Promise<string[]> {
  const missing = await lookForPrograms(requirements)
  if (missing.length === 0) return []
  const nameless = missing.filter((entry) => entry.package === undefined)
  if (nameless.length > 0 || !(await isInstalled('apt-get'))) {
    throw new Failure(
      `This host lacks ${describeMissing(nameless.length > 0 ? nameless : missing)}, and MedForge knows no package of this system to install.`,
      'MedForge sets up Debian 12, Debian 13 and Ubuntu 24.04; on another system, install these programs yourself and run this again.',
    )
  }
  const packages = [...new Set(missing.flatMap((entry) => entry.package ?? []))]
  progress.detail(`installing ${packages.join(' ')}`)
  await install(packages, progress)
  const absent = await lookForPrograms(requirements)
  if (absent.length === 0) return packages
  throw new Failure(
    `This host lacks ${describeMissing(absent)}, although ${absent.map((entry) => entry.package).join(' and ')} is installed.`,
    'Find out with dpkg -L what the package brings and with command -v what this shell finds, and run this again.',
  )
}

async function install(packages: string[], progress: Progress): Promise<void> {
  const args = ['install', '-y', '--no-install-recommends', ...packages]
  if ((await apt(args, progress)).ok) return
  // The lists may be missing, or older than the archive.
  const update = await apt(['update'], progress)
  const again = await apt(args, progress)
  if (again.ok) return
  const printed = `${update.stdout}\n${update.stderr}\n${again.stdout}\n${again.stderr}`
  const what = packages.join(', ')
  // apt-get update takes an archive that it could not reach for a warning.
  if (UNREACHABLE.test(printed)) {
    throw new Failure(
      `The package archive cannot be reached, so ${what} could not be fetched.`,
      'Check this host’s network and /etc/apt/sources.list with apt-get update, then run this again.',
    )
  }
  const unknown = [...printed.matchAll(UNKNOWN)].map(([, first, second]) => first ?? second)
  if (unknown.length > 0) {
    throw new Failure(
      `The package archive of this host does not offer ${[...new Set(unknown)].join(', ')}.`,
      'Add the distribution’s main archive to its sources (for zfsutils-linux Debian’s contrib; on Ubuntu universe), run apt-get update, and run this again.',
    )
  }
  throw new Failure(
    `Installing ${what} failed (${reasonOf('apt-get', again)}).`,
    'Run apt-get -f install, then run this again.',
  )
}

const UNREACHABLE =
  /Failed to fetch|Unable to fetch|Temporary failure resolving|Could not connect|Connection timed out|Could not resolve/
const UNKNOWN =
  /Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate/g

function apt(args: string[], progress: Progress) {
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], {
    timeoutMs: 900_000,
    env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', LC_ALL: 'C.UTF-8' },
    onLine: (line) => progress.detail(line.slice(0, 120)),
  })
}
