import { POOL_FILES_SILENT, type PoolFiles } from '@medforge/core/pool-files'
import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { dockerAnswers } from '../host/docker.ts'
import { askPoolFiles, poolHealth } from '../host/pool-health.ts'
import { CONTAINERS, POOL, SERVICES } from '../names.ts'
import { inspectPlatform, listSessionContainers } from '../stack/containers.ts'
import { readEnvFile } from '../stack/env-file.ts'
import { type PlatformHealth, readHealth } from '../stack/health.ts'
import { locateInstallation } from '../stack/installation.ts'

export type PlatformStatus = {
  set_up: boolean
  address: string | null
  health: PlatformHealth
  docker: boolean
  pool: string | null
  pool_files: PoolFiles
  gpu_mode: string | null
  containers: { name: string; state: string; health: string | null; image: string | null }[]
  sessions: string[]
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('what runs now')
    .option('--json', 'as JSON, for programs')
    .action(async (options: { json?: boolean }) => {
      const status = await readStatus()
      const text = options.json ? JSON.stringify(status, null, 2) : formatStatus(status)
      process.stdout.write(`${text}\n`)
      if (!status.health.ok || status.pool_files === 'silent') process.exitCode = 1
    })
}

async function readStatus(): Promise<PlatformStatus> {
  const settings = readEnvFile(locateInstallation(readEnvironment()).envFile)
  const docker = await dockerAnswers()
  const [pool, poolFiles, facts, sessions, health] = await Promise.all([
    poolHealth(),
    askPoolFiles(),
    inspectPlatform(),
    listSessionContainers(),
    settings
      ? readHealth(settings.DOMAIN ?? '').catch(({ message: detail }: Error) => ({
          ok: false,
          detail,
        }))
      : { ok: false, detail: 'not set up' },
  ])
  return {
    set_up: settings !== undefined,
    address: settings ? `https://medforge.${settings.DOMAIN}` : null,
    health,
    docker,
    pool: pool ?? null,
    pool_files: poolFiles,
    gpu_mode: settings?.GPU_MODE || null,
    containers: SERVICES.map((service) => {
      const container = facts.get(service)
      return {
        name: CONTAINERS[service],
        state: container?.State.Status ?? 'absent',
        health: container?.State.Health?.Status ?? null,
        image: container?.Config.Image ?? null,
      }
    }),
    sessions,
  }
}

export function formatStatus(status: PlatformStatus): string {
  if (!status.set_up) return 'MedForge is not set up on this host. Run ./medforge up.'
  const containers = status.containers.map(({ name, state, health }) => {
    return `  ${name.padEnd(22)}${state}${health && state === 'running' ? ` (${health})` : ''}`
  })
  return [
    `Address   ${status.address}`,
    `Health    ${status.health.detail}`,
    `Docker    ${status.docker ? 'answers' : 'does not answer'}`,
    `Pool      ${POOL} ${status.pool ?? 'is not imported'}${status.pool_files === 'silent' ? `. ${POOL_FILES_SILENT} ./medforge up heals that` : ''}`,
    `GPUs      ${status.gpu_mode ?? 'not known'}`,
    `Sessions  ${status.sessions.length === 0 ? 'none' : status.sessions.join(', ')}`,
    '',
    'Containers',
    ...containers,
  ].join('\n')
}
