import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import type { ZfsKind } from '../host/zfs.ts'
import { PROJECT } from '../names.ts'
import { type Outcome, type RunOptions, run } from '../process.ts'
import { type EnvValues, readEnvFile } from './env-file.ts'

/** Where one installation keeps its files. */
export type Installation = { root: string; composeDir: string; envFile: string; caddyDir: string }

export function locateInstallation(environment: CliEnvironment): Installation {
  const composeDir = join(environment.root, 'deploy/compose')
  return {
    root: environment.root,
    composeDir,
    envFile: join(composeDir, '.env'),
    caddyDir: join(environment.root, 'deploy/caddy'),
  }
}

/** @throws Failure when `up` has not run here yet */
export function readSettings(installation: Installation): EnvValues {
  const values = readEnvFile(installation.envFile)
  if (values) return values
  throw new Failure('MedForge is not set up on this host.', 'Run ./medforge up first.')
}

export function composeFileFor(kind: ZfsKind): string {
  return `docker-compose.yml:docker-compose.zfs-${kind}.yml`
}

/** A hash over everything that Caddy reads, so that a change of it recreates Caddy's container. */
export function hashFolder(folder: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const file of files)
    hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

let command: Promise<[string, ...string[]]> | undefined

/** The v2 plugin where the host has it, else docker-compose. */
export function findCompose(): Promise<[string, ...string[]]> {
  command ??= run('docker', ['compose', 'version']).then((plugin): [string, ...string[]] =>
    plugin.ok ? ['docker', 'compose'] : ['docker-compose'],
  )
  return command
}

/** The program and the arguments that run compose on the installation's files. */
export async function composeArguments(
  installation: Installation,
  args: string[],
): Promise<[string, string[]]> {
  const [program, ...prefix] = await findCompose()
  const files = (readSettings(installation).COMPOSE_FILE ?? 'docker-compose.yml').split(':')
  return [
    program,
    [
      ...prefix,
      ...['-p', PROJECT],
      ...files.flatMap((file) => ['-f', join(installation.composeDir, file)]),
      ...['--env-file', installation.envFile, '--project-directory', installation.composeDir],
      ...args,
    ],
  ]
}

/**
 * Run compose on the installation's files.
 *
 * The shell's environment wins over `.env` in every compose, so every name that `.env` sets is handed over with the value
 * that stands there: the file is the one place where a setting is.
 */
export async function compose(
  installation: Installation,
  args: string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const [program, all] = await composeArguments(installation, args)
  return run(program, all, {
    timeoutMs: 300_000,
    cwd: installation.composeDir,
    ...options,
    env: {
      ...readSettings(installation),
      CADDY_CONFIG_SHA256: hashFolder(installation.caddyDir),
      ...options.env,
    },
  })
}
