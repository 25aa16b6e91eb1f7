import { dirname } from 'node:path'
import type { PoolFiles } from '@medforge/core/pool-files'
import { handedOverTo } from '@medforge/core/settings'
import { alarmingShare, type TrackedConnections } from '@medforge/core/tracked-connections'
import { POOL_LOCK_FILE } from '../host/pool-lock.ts'
import { describeMissing, type MissingProgram } from '../host/programs.ts'
import {
  DATASETS,
  NETWORKS,
  POOL,
  POOL_MOUNT,
  SERVICES,
  SESSION_NETWORK_ADDRESSES,
} from '../names.ts'
import type { ContainerFacts } from '../stack/containers.ts'
import type { EnvValues } from '../stack/env-file.ts'
import type { PlatformHealth } from '../stack/health.ts'
import { findSettingFaults } from '../stack/settings.ts'
import { type EdgeVersions, findAdvisories } from './edge-advisories.ts'
import { judgeLimits, type LimitFacts } from './limits.ts'

/** Everything that the doctor looked at, so that the verdicts are pure. */
export type HostFacts = {
  settings: EnvValues | undefined
  /** Of those that the platform uses. */
  missingPrograms: MissingProgram[]
  /** Host name → the addresses that this host resolves it to. */
  resolved: Record<string, string[]>
  /** Host name → the problem with its certificate; null where chain and name verify. */
  tls: Record<string, string | null>
  docker: boolean
  zfs: {
    kind: 'kernel' | 'fuse'
    answers: boolean
    pool: string | undefined
    /** What its file systems say, whatever its commands do. */
    files: PoolFiles
    datasets: string[]
  }
  limits: LimitFacts
  networks: string[]
  /** Null where the kernel tracks none. */
  connections: TrackedConnections | null
  api: ContainerFacts | undefined
  caddy: ContainerFacts | undefined
  edgeVersions: EdgeVersions | undefined
  web: ContainerFacts | undefined
  worker: ContainerFacts | undefined
  db: ContainerFacts | undefined
  /** What `/healthz` answered through the edge; null where nothing answered. */
  healthz: PlatformHealth | null
}

/** What a report is divided into, in this order. */
export const SECTIONS = ['DNS and domain', 'TLS', 'Compose and settings', 'Host runtime'] as const
type Section = (typeof SECTIONS)[number]

export type Verdict = {
  section: Section
  title: string
  ok: boolean
  detail: string
  /** What to do; empty when it is met. */
  remedy: string
}

const UP = 'Run ./medforge up.'

/** One verdict for each precondition of a working platform, section by section. */
export function judge(facts: HostFacts): Verdict[] {
  return [...judgeNames(facts), ...judgeTls(facts), ...judgeSettings(facts), ...judgeRuntime(facts)]
}

function judgeNames({ settings, resolved, api, web }: HostFacts): Verdict[] {
  const domain = settings?.DOMAIN ?? 'localhost'
  const seen = [envOf(api, 'DOMAIN'), envOf(web, 'DOMAIN')].filter((value) => value !== undefined)
  const strays = seen.filter((value) => value !== domain)
  return [
    verdict(
      'DNS and domain',
      'DOMAIN is set',
      Boolean(settings?.DOMAIN),
      settings?.DOMAIN || 'not set',
      UP,
    ),
    verdict(
      'DNS and domain',
      'DOMAIN is the same in compose, API and web',
      seen.length === 2 && strays.length === 0,
      seen.length < 2 ? 'the API or the web container does not exist' : (strays[0] ?? domain),
      'Run ./medforge up, which recreates the containers whose settings changed.',
    ),
    ...Object.entries(resolved).map(([name, addresses]) => {
      // Nobody has to do anything about it: browsers ask no resolver.
      const isOptional = domain === 'localhost' && name.startsWith('s-')
      return verdict(
        'DNS and domain',
        `${name} resolves`,
        addresses.length > 0 || isOptional,
        addresses.join(', ') || (isOptional ? TRIAL_SESSION_HOSTS : 'no address'),
        name.startsWith('s-')
          ? `Create a wildcard record *.medforge.${domain} that points at this host.`
          : domain === 'localhost'
            ? 'Run ./medforge up, which writes /etc/hosts.'
            : `Create a record for ${name} that points at this host.`,
      )
    }),
  ]
}

const TRIAL_SESSION_HOSTS =
  'in browsers and curl, which know every name below localhost; not with getent, nor in programs that ask the C library, because /etc/hosts has no wildcards (the package libnss-myhostname makes them resolve too)'

function judgeTls({ settings, tls }: HostFacts): Verdict[] {
  return Object.entries(tls).map(([name, fault]) =>
    verdict(
      'TLS',
      `The certificate of ${name} verifies`,
      fault === null,
      fault ?? 'chain and name verify',
      settings?.TLS_MODE === 'files'
        ? 'Put fullchain.pem and privkey.pem for the domain and its wildcard into /var/lib/medforge/tls, then restart medforge-caddy.'
        : 'Run ./medforge up; if it stays, read ./medforge logs caddy.',
    ),
  )
}

function judgeSettings(facts: HostFacts): Verdict[] {
  const { settings, networks, api, caddy } = facts
  const faults = settings ? findSettingFaults(settings) : ['deploy/compose/.env does not exist']
  const about = (name: string) => faults.filter((fault) => fault.startsWith(name)).join('; ')
  const judged = ['PACK_IMAGE', 'NEXT_PUBLIC_API_URL', 'COOKIE_DOMAIN']
  const others = faults.filter((fault) => !judged.some((name) => fault.startsWith(name)))
  const network = NETWORKS.publicSessions.name
  const attached = [api, caddy].every((container) => addressOn(container, network) !== undefined)
  const pack = settings?.PACK_IMAGE ?? ''
  return [
    verdict(
      'Compose and settings',
      'PACK_IMAGE is pinned by a digest',
      pack.includes('@sha256:') && about('PACK_IMAGE') === '',
      pack || 'not set',
      'Write it as name@sha256:…, or empty PACK_IMAGE in deploy/compose/.env and run ./medforge up.',
    ),
    verdict(
      'Compose and settings',
      'NEXT_PUBLIC_API_URL points at the API',
      settings !== undefined && about('NEXT_PUBLIC_API_URL') === '',
      about('NEXT_PUBLIC_API_URL') || (settings?.NEXT_PUBLIC_API_URL ?? 'not set'),
      'Correct it in deploy/compose/.env and run ./medforge up.',
    ),
    verdict(
      'Compose and settings',
      'COOKIE_DOMAIN fits the domain',
      settings !== undefined && about('COOKIE_DOMAIN') === '',
      about('COOKIE_DOMAIN') || (settings?.COOKIE_DOMAIN ?? 'not set'),
      'Correct it in deploy/compose/.env and run ./medforge up.',
    ),
    verdict(
      'Compose and settings',
      'No other setting has a value that cannot work',
      others.length === 0,
      others.join('; ') || 'none has',
      settings ? 'Correct it in deploy/compose/.env and run ./medforge up.' : UP,
    ),
    judgeEnvironments(facts),
    verdict(
      'Compose and settings',
      `${network} exists, with the API and Caddy on it`,
      networks.includes(network) && attached,
      networks.includes(network) ? (attached ? 'both attached' : 'not both attached') : 'absent',
      UP,
    ),
  ]
}

/** Whether `up` has run since `.env` was changed. */
function judgeEnvironments({ settings, api, worker, web, caddy, db }: HostFacts): Verdict {
  const containers = { db, api, 'api-worker': worker, web, caddy }
  const absent = Object.entries(containers).filter(([, container]) => !container)
  const stale = SERVICES.flatMap((service) =>
    handedOverTo(service)
      .filter((name) => name !== 'DOMAIN') // has a verdict of its own
      .filter((name) => (envOf(containers[service], name) ?? '') !== (settings?.[name] ?? ''))
      .map((name) => `${name} of ${service}`),
  )
  return verdict(
    'Compose and settings',
    'Every container runs with the settings of deploy/compose/.env',
    settings !== undefined && absent.length === 0 && stale.length === 0,
    absent.length > 0
      ? `absent: ${absent.map(([service]) => service).join(', ')}`
      : stale.join(', ') || 'all the same',
    'Run ./medforge up, which recreates the containers whose settings changed.',
  )
}

function judgePrograms({ missingPrograms }: HostFacts): Verdict {
  const packages = [...new Set(missingPrograms.flatMap((entry) => entry.package ?? []))]
  return verdict(
    'Host runtime',
    'Every program that MedForge uses is there',
    missingPrograms.length === 0,
    missingPrograms.length === 0 ? 'yes' : `missing: ${describeMissing(missingPrograms)}`,
    packages.length > 0
      ? `Run ./medforge up, which installs ${packages.join(', ')}.`
      : 'Install them; MedForge knows no package of this system.',
  )
}

function judgeRuntime(facts: HostFacts): Verdict[] {
  const { zfs, api, caddy, web, worker, db, docker, healthz } = facts
  const socket = mountOf(api, '/var/run/docker.sock')
  const tank = mountOf(api, POOL_MOUNT)
  const missing = DATASETS.filter((name) => !zfs.datasets.includes(name))
  const network = NETWORKS.publicSessions.name
  const isPoolUp = zfs.pool === 'ONLINE' || zfs.pool === 'DEGRADED'
  return [
    judgePrograms(facts),
    verdict('Host runtime', 'The Docker server answers', docker, docker ? 'yes' : 'no', UP),
    verdict(
      'Host runtime',
      'medforge-api mounts /var/run/docker.sock',
      socket !== undefined,
      socket ? 'yes' : 'no',
      UP,
    ),
    verdict(
      'Host runtime',
      'medforge-api mounts /tank with shared propagation',
      tank?.Propagation === 'rshared' || tank?.Propagation === 'shared',
      tank ? `propagation ${tank.Propagation || 'not set'}` : 'not mounted',
      UP,
    ),
    verdict(
      'Host runtime',
      'ZFS is available',
      zfs.answers,
      `${zfs.kind === 'kernel' ? 'kernel (/dev/zfs)' : 'user space (zfs-fuse)'}${zfs.answers ? '' : ', does not answer'}`,
      UP,
    ),
    verdict(
      'Host runtime',
      `The pool ${POOL} is imported and healthy`,
      isPoolUp,
      zfs.pool ?? 'not imported',
      zfs.pool === undefined ? UP : `Look at zpool status ${POOL}.`,
    ),
    verdict(
      'Host runtime',
      'The file systems of the pool answer',
      zfs.files === 'answer',
      FILES[zfs.files],
      zfs.kind === 'kernel' && zfs.files === 'silent' ? `Look at zpool status ${POOL}.` : UP,
    ),
    verdict(
      'Host runtime',
      'The API shares the lock of the pool',
      mountOf(api, dirname(POOL_LOCK_FILE)) !== undefined,
      mountOf(api, dirname(POOL_LOCK_FILE)) ? POOL_LOCK_FILE : 'not mounted',
      UP,
    ),
    verdict(
      'Host runtime',
      'The datasets exist',
      missing.length === 0,
      missing.length === 0 ? DATASETS.join(', ') : `missing: ${missing.join(', ')}`,
      UP,
    ),
    ...judgeLimits(facts.limits, facts.settings, [db, api, worker, web, caddy]).map(
      ({ title, ok, detail }) => verdict('Host runtime', title, ok, detail, UP),
    ),
    verdict(
      'Host runtime',
      `Caddy is ${SESSION_NETWORK_ADDRESSES.caddy} and the API ${SESSION_NETWORK_ADDRESSES.api} on ${network}`,
      addressOn(caddy, network) === SESSION_NETWORK_ADDRESSES.caddy &&
        addressOn(api, network) === SESSION_NETWORK_ADDRESSES.api,
      `Caddy ${addressOn(caddy, network) ?? 'absent'}, API ${addressOn(api, network) ?? 'absent'}`,
      UP,
    ),
    judgeConnections(facts.connections),
    judgeEdgeVersions(facts),
    verdict(
      'Host runtime',
      'The API can start sessions',
      healthz?.ok === true,
      healthz ? healthz.detail : '/healthz does not answer',
      healthz ? 'Read ./medforge logs api; the reasons above name the part.' : UP,
    ),
  ]
}

function judgeConnections(tracked: TrackedConnections | null): Verdict {
  return verdict(
    'Host runtime',
    "The host's table of connections has room",
    tracked === null || alarmingShare(tracked) === null,
    tracked ? `${tracked.count} of ${tracked.max}` : 'the kernel tracks none',
    'Raise it with sysctl -w net.netfilter.nf_conntrack_max=<twice as many>; conntrack -L shows whose they are.',
  )
}

function judgeEdgeVersions({ edgeVersions }: HostFacts): Verdict {
  const title = 'No known advisory applies to Caddy and its Go'
  if (edgeVersions === undefined) {
    const remedy =
      'Run ./medforge up; an image of your own is for you to compare, see docs/auth-routing.md.'
    return verdict('Host runtime', title, false, 'the edge does not say what it is made of', remedy)
  }
  const advisories = findAdvisories(edgeVersions)
  return verdict(
    'Host runtime',
    title,
    advisories.length === 0,
    [`Caddy ${edgeVersions.caddy}, Go ${edgeVersions.go}`, ...advisories].join('; '),
    'Write today’s date into deploy/images/epoch and run ./medforge up, which builds it anew.',
  )
}

const FILES: Record<PoolFiles, string> = {
  answer: 'yes',
  silent: 'no; whatever touches them waits, the database too',
  absent: 'none is mounted',
}

/** What people see, word for word, and what it means. */
export const FAILURE_MAPPING: readonly { symptom: string; meaning: string }[] = [
  {
    symptom: 'ERR_NAME_NOT_RESOLVED, or "server IP not found"',
    meaning: 'DNS is not configured or has not propagated: see DNS and domain.',
  },
  {
    symptom: 'POST /api/v1/auth/signup failed: 404',
    meaning:
      'The browser calls the wrong API address, or the API host is not routed here: see DNS and domain, and Compose and settings.',
  },
  {
    symptom: 'Failed to start session runtime.',
    meaning:
      'A mount, a permission, ZFS, or the start of the container is not as it has to be: see Host runtime.',
  },
]

function verdict(
  section: Section,
  title: string,
  ok: boolean,
  detail: string,
  remedy: string,
): Verdict {
  return { section, title, ok, detail, remedy: ok ? '' : remedy }
}

function envOf(container: ContainerFacts | undefined, name: string): string | undefined {
  const entry = container?.Config.Env?.find((line) => line.startsWith(`${name}=`))
  return entry?.slice(name.length + 1)
}

function mountOf(container: ContainerFacts | undefined, destination: string) {
  return container?.Mounts.find((mount) => mount.Destination === destination)
}

function addressOn(container: ContainerFacts | undefined, network: string): string | undefined {
  return container?.NetworkSettings.Networks[network]?.IPAddress || undefined
}
