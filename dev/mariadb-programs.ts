import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const PACKAGES = ['mariadb-server-core', 'mariadb-client-core']

/** What a child needs in its environment to find MariaDB's programs, and where their own files lie. */
export type MariadbPrograms = { env: Record<string, string>; basedir: string | null }

/**
 * MariaDB's programs: those of the host, or Debian's packages unpacked into `folder` without root and without installing anything.
 *
 * @throws Error saying what to install where neither is possible
 */
export function findMariadbPrograms(folder: string, path: string): MariadbPrograms {
  // Debian leaves sbin out of the path of ordinary users.
  const wide = [path, '/usr/sbin', '/sbin'].join(delimiter)
  const isInstalled = ['mariadb-install-db', 'mariadbd', 'mariadb'].every((program) =>
    wide.split(delimiter).some((bin) => existsSync(join(bin, program))),
  )
  if (isInstalled) return { env: { PATH: wide }, basedir: null }
  if (!existsSync(folder)) unpack(folder)
  const bins = ['usr/bin', 'usr/sbin'].map((bin) => join(folder, bin))
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((lib) =>
    join(folder, lib),
  )
  return {
    env: { PATH: [...bins, path].join(delimiter), LD_LIBRARY_PATH: libraries.join(delimiter) },
    basedir: join(folder, 'usr'),
  }
}

function unpack(folder: string): void {
  const staging = `${folder}.part`
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(join(staging, 'debs'), { recursive: true })
  const names = [...PACKAGES, ...missingDependencies()]
  run('apt-get', ['download', '-qq', ...names], join(staging, 'debs'))
  for (const deb of readdirSync(join(staging, 'debs'))) {
    run('dpkg-deb', ['-x', join(staging, 'debs', deb), staging], staging)
  }
  rmSync(join(staging, 'debs'), { recursive: true })
  renameSync(staging, folder)
}

/** Everything that the two packages need and this host lacks. */
function missingDependencies(): string[] {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  const listed = run('apt-cache', [
    'depends',
    '--recurse',
    ...kinds.map((kind) => `--no-${kind}`),
    ...PACKAGES,
  ])
  const needed = listed.split('\n').filter((line) => /^[a-z0-9][a-z0-9.+-]+$/.test(line))
  const installed = run('dpkg', ['--get-selections'])
  const known = new Set(installed.split('\n').map((line) => line.split(/[:\s]/)[0]))
  return needed.filter((name) => name.startsWith('lib') && !known.has(name))
}

function run(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  const why = error?.message ?? stderr.trim().split('\n').at(-1)
  throw new Error(
    `MariaDB is not on this host and could not be unpacked (${program}: ${why}). Run apt-get update, or install mariadb-server, and try again.`,
  )
}
