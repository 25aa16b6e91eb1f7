import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import {
  readTrackedConnections,
  TRACKED_CONNECTIONS_FILES,
} from '@medforge/core/tracked-connections'
import type { CliEnvironment } from '../config/env.ts'
import { dockerAnswers } from '../host/docker.ts'
import { readKernelLimits } from '../host/kernel-limits.ts'
import { mayLowerScores, readDaemonScores } from '../host/oom-scores.ts'
import { lookForPrograms } from '../host/packages.ts'
import { askPoolFiles, poolHealth, zfsAnswers } from '../host/pool-health.ts'
import { requirementsOf } from '../host/programs.ts'
import { measureHost } from '../host/session-share.ts'
import { detectZfs } from '../host/zfs.ts'
import { readZfsCacheCap } from '../host/zfs-cache.ts'
import { run } from '../process.ts'
import { inspectPlatform } from '../stack/containers.ts'
import { readEnvFile } from '../stack/env-file.ts'
import { getVerified, readHealth } from '../stack/health.ts'
import { locateInstallation } from '../stack/installation.ts'
import { parseEdgeVersions } from './edge-advisories.ts'
import type { HostFacts } from './verdicts.ts'

/** Written when the image of the edge is built. */
const EDGE_VERSIONS_FILE = '/usr/share/medforge/versions'

/** Look at the host as it is. Changes nothing, and answers whatever is broken. */
export async function observe(environment: CliEnvironment): Promise<HostFacts> {
  const installation = locateInstallation(environment)
  const settings = readEnvFile(installation.envFile)
  const domain = settings?.DOMAIN ?? 'localhost'
  const sites = [`medforge.${domain}`, `api.medforge.${domain}`]
  // A made-up slug shows whether the wildcard is there.
  const names = [...sites, `s-doctor77.medforge.${domain}`]
  const [
    docker,
    answers,
    pool,
    files,
    kind,
    platform,
    networks,
    connections,
    datasets,
    healthz,
    edge,
  ] = await Promise.all([
    dockerAnswers(),
    zfsAnswers(),
    poolHealth(),
    askPoolFiles(),
    detectZfs(),
    inspectPlatform(),
    listLines('docker', ['network', 'ls', '--format', '{{.Name}}']),
    readConnections(),
    listLines('zfs', ['list', '-H', '-o', 'name']),
    readHealth(domain).catch(() => null),
    run('docker', ['exec', 'medforge-caddy', 'cat', EDGE_VERSIONS_FILE]),
  ])
  return {
    settings,
    missingPrograms: await lookForPrograms(requirementsOf(kind)),
    resolved: Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await resolve(name)] as const)),
    ),
    tls: Object.fromEntries(
      await Promise.all(sites.map(async (name) => [name, await tlsFault(name)] as const)),
    ),
    docker,
    zfs: { kind, answers, pool, files, datasets },
    limits: {
      host: settings && (await measureHost(settings, kind, installation.composeDir)),
      mayLowerScores: await mayLowerScores(),
      daemonScores: readDaemonScores(),
      kernel: readKernelLimits(),
      zfsCacheCap: readZfsCacheCap(),
    },
    networks,
    connections,
    api: platform.get('api'),
    caddy: platform.get('caddy'),
    edgeVersions: parseEdgeVersions(edge.stdout),
    web: platform.get('web'),
    worker: platform.get('api-worker'),
    db: platform.get('db'),
    healthz,
  }
}

async function listLines(file: string, args: string[]): Promise<string[]> {
  return (await run(file, args)).stdout.split('\n').filter(Boolean)
}

async function readConnections(): Promise<HostFacts['connections']> {
  const figures = TRACKED_CONNECTIONS_FILES.map((file) => readFile(file, 'utf8').catch(() => ''))
  return readTrackedConnections((await Promise.all(figures)).join(' '))
}

async function resolve(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

async function tlsFault(name: string): Promise<string | null> {
  try {
    await getVerified(`https://${name}/`)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
