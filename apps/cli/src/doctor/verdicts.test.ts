import { handedOverTo, type Service } from '@medforge/core/settings'
import { describe, expect, test } from 'vitest'
import { formatVerdicts } from '../commands/doctor.ts'
import { KERNEL_LIMITS } from '../host/kernel-limits.ts'
import { decideShare, type HostSize, shareAsSettings } from '../host/session-share.ts'
import { DATASETS } from '../names.ts'
import type { ContainerFacts } from '../stack/containers.ts'
import type { EnvValues } from '../stack/env-file.ts'
import { completeSettings } from '../stack/settings.ts'
import type { LimitFacts } from './limits.ts'
import { FAILURE_MAPPING, type HostFacts, judge, SECTIONS } from './verdicts.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

const GIB = 1024 ** 3
const HOST: HostSize = {
  ...{ memoryBytes: 512 * GIB, cpus: 96, gpus: 7 },
  ...{ platformBytes: 5.25 * GIB, zfsCacheBytes: 16 * GIB },
}
const LIMITS: LimitFacts = {
  host: HOST,
  mayLowerScores: true,
  daemonScores: { dockerd: -800, containerd: -999, 'zfs-fuse': -1000 },
  kernel: KERNEL_LIMITS,
  zfsCacheCap: undefined,
}

const SETTINGS = {
  ...completeSettings(undefined, {
    domain: 'localhost',
    initialAdminEmail: undefined,
    overrides: {},
  }),
  PACK_IMAGE: `127.0.0.1:5055/medforge/pack@${DIGEST}`,
  ...shareAsSettings(decideShare(HOST)),
}

/** The environment of a container that compose made from the settings. */
function environmentOf(service: Service, values: EnvValues): string[] {
  return handedOverTo(service).map((name) => `${name}=${values[name]}`)
}

function withEnvironment(Env: string[]): Partial<ContainerFacts> {
  return { Config: { Image: 'image', Env, Labels: {} } }
}

function container(address: string, change: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    Id: 'id',
    Name: 'name',
    Image: DIGEST,
    RestartCount: 0,
    State: { Status: 'running', Running: true, Pid: 1, StartedAt: '2026-11-23T00:00:00Z' },
    Config: { Image: 'image', Env: [], Labels: {} },
    HostConfig: { OomScoreAdj: -500 },
    Mounts: [
      {
        Type: 'bind',
        Source: '/var/run/docker.sock',
        Destination: '/var/run/docker.sock',
        Propagation: 'rprivate',
        RW: true,
      },
      { Type: 'bind', Source: '/tank', Destination: '/tank', Propagation: 'rshared', RW: true },
      {
        Type: 'bind',
        Source: '/var/lib/medforge/lock',
        Destination: '/var/lib/medforge/lock',
        Propagation: 'rprivate',
        RW: true,
      },
    ],
    NetworkSettings: { Networks: { 'medforge-public-sessions': { IPAddress: address } } },
    ...change,
  }
}

function healthy(change: Partial<HostFacts> = {}): HostFacts {
  const settings = change.settings ?? SETTINGS
  return {
    settings,
    missingPrograms: [],
    resolved: { 'medforge.localhost': ['127.0.0.1'], 'api.medforge.localhost': ['127.0.0.1'] },
    tls: { 'medforge.localhost': null, 'api.medforge.localhost': null },
    docker: true,
    zfs: {
      kind: 'fuse',
      answers: true,
      pool: 'ONLINE',
      files: 'answer',
      datasets: ['tank', ...DATASETS],
    },
    limits: LIMITS,
    networks: ['medforge-public-sessions'],
    connections: { count: 342, max: 262_144 },
    api: container('172.30.0.3', withEnvironment(environmentOf('api', settings))),
    caddy: container('172.30.0.2', withEnvironment(environmentOf('caddy', settings))),
    web: container('172.30.0.6', withEnvironment(environmentOf('web', settings))),
    worker: container('172.30.0.4', withEnvironment(environmentOf('api-worker', settings))),
    db: container('172.30.0.5', withEnvironment(environmentOf('db', settings))),
    edgeVersions: { caddy: '2.6.2-12+deb13u1', go: '1.27.4' },
    healthz: { ok: true, detail: 'ok' },
    ...change,
  }
}

const unmet = (facts: HostFacts) => judge(facts).filter(({ ok }) => !ok)

describe(judge, () => {
  test('finds nothing unmet on a healthy host, in any section', () => {
    expect(unmet(healthy())).toEqual([])
    const sections = new Set(judge(healthy()).map(({ section }) => section))
    expect([...sections]).toEqual(SECTIONS)
  })

  test.each<{ note: string; change: Partial<HostFacts>; title: RegExp; remedy: RegExp }>([
    {
      note: 'a name without an address',
      change: {
        settings: { ...SETTINGS, DOMAIN: 'example.org' },
        resolved: { 's-doctor77.medforge.example.org': [] },
      },
      title: /s-doctor77.* resolves/,
      remedy: /wildcard record/,
    },
    {
      note: 'a certificate that does not verify',
      change: { tls: { 'medforge.localhost': 'certificate has expired' } },
      title: /certificate of medforge/,
      remedy: /medforge up/,
    },
    {
      note: 'an API with another domain',
      change: {
        api: container('172.30.0.3', withEnvironment(['DOMAIN=old.org'])),
      },
      title: /DOMAIN is the same/,
      remedy: /recreates/,
    },
    {
      note: 'a worker that runs with an older setting',
      change: {
        worker: container(
          '172.30.0.4',
          withEnvironment(
            environmentOf('api-worker', { ...SETTINGS, MEDFORGE_LOG_LEVEL: 'debug' }),
          ),
        ),
      },
      title: /Every container runs with the settings/,
      remedy: /recreates/,
    },
    {
      note: 'a container that does not exist',
      change: { db: undefined },
      title: /Every container runs with the settings/,
      remedy: /medforge up/,
    },
    {
      note: 'a pool that is not imported',
      change: {
        zfs: { kind: 'fuse', answers: true, pool: undefined, files: 'absent', datasets: [] },
      },
      title: /pool tank/,
      remedy: /medforge up/,
    },
    {
      note: 'a pool that lost its disk',
      change: {
        zfs: {
          kind: 'kernel',
          answers: true,
          pool: 'FAULTED',
          files: 'answer',
          datasets: [...DATASETS],
        },
      },
      title: /pool tank/,
      remedy: /zpool status/,
    },
    {
      note: 'file systems that do not answer, of a pool that is online',
      change: {
        zfs: {
          kind: 'fuse',
          answers: true,
          pool: 'ONLINE',
          files: 'silent',
          datasets: [...DATASETS],
        },
      },
      title: /file systems of the pool/,
      remedy: /medforge up/,
    },
    {
      note: 'a device that hangs below the kernel’s ZFS',
      change: {
        zfs: {
          kind: 'kernel',
          answers: true,
          pool: 'ONLINE',
          files: 'silent',
          datasets: [...DATASETS],
        },
      },
      title: /file systems of the pool/,
      remedy: /zpool status/,
    },
    {
      note: 'a program that is missing',
      change: {
        missingPrograms: [
          { program: 'docker', because: 'speaks to the Docker server', package: 'docker-cli' },
        ],
      },
      title: /Every program/,
      remedy: /installs docker-cli/,
    },
    {
      note: 'Docker away',
      change: { docker: false },
      title: /Docker server/,
      remedy: /medforge up/,
    },
    {
      note: 'an API without the pool',
      change: { api: container('172.30.0.3', { Mounts: [] }) },
      title: /shared propagation/,
      remedy: /medforge up/,
    },
    {
      note: 'the API at another address',
      change: { api: container('172.30.0.9') },
      title: /172\.30\.0\.2 and the API 172\.30\.0\.3/,
      remedy: /medforge up/,
    },
    {
      note: 'a missing network',
      change: { networks: [] },
      title: /medforge-public-sessions exists/,
      remedy: /medforge up/,
    },
    {
      note: 'a host that has become smaller',
      change: { limits: { ...LIMITS, host: { ...HOST, memoryBytes: 256 * GIB } } },
      title: /limits of sessions/,
      remedy: /medforge up/,
    },
    {
      note: 'a Docker server that lost its score by a restart',
      change: { limits: { ...LIMITS, daemonScores: { dockerd: -500 } } },
      title: /ends sessions before/,
      remedy: /medforge up/,
    },
    {
      note: 'a container that the kernel does not spare',
      change: { db: container('172.30.0.5', { HostConfig: { OomScoreAdj: 0 } }) },
      title: /ends sessions before/,
      remedy: /medforge up/,
    },
    {
      note: 'a kernel with the inotify of one person',
      change: {
        limits: { ...LIMITS, kernel: { ...KERNEL_LIMITS, 'fs.inotify.max_user_instances': 128 } },
      },
      title: /by user id/,
      remedy: /medforge up/,
    },
    {
      note: 'a kernel’s ZFS without a cap',
      change: { limits: { ...LIMITS, zfsCacheCap: 0 } },
      title: /cache of ZFS/,
      remedy: /medforge up/,
    },
    {
      note: 'a table of connections that is nearly full',
      change: { connections: { count: 8, max: 10 } },
      title: /table of connections/,
      remedy: /nf_conntrack_max/,
    },
    {
      note: 'a degraded API',
      change: { healthz: { ok: false, detail: 'degraded; the firewall is missing' } },
      title: /can start sessions/,
      remedy: /logs api/,
    },
  ])('names $note and what to do', ({ change, title, remedy }) => {
    const found = unmet(healthy(change)).find((verdict) => title.test(verdict.title))
    expect(found?.remedy).toMatch(remedy)
  })

  test('finds nothing unmet on a host that lets no score be lowered, and says so', () => {
    const spared = { HostConfig: { OomScoreAdj: 0 } }
    const facts = healthy({ limits: { ...LIMITS, mayLowerScores: false, daemonScores: {} } })
    for (const service of ['db', 'api', 'worker', 'web', 'caddy'] as const) {
      Object.assign(facts[service] ?? {}, spared)
    }
    expect(unmet(facts)).toEqual([])
    const verdict = judge(facts).find(({ title }) => title.includes('ends sessions before'))
    expect(verdict?.detail).toContain('lets no score be lowered')
  })

  test('says what does not resolve a session’s host on a trial host, and asks for nothing', () => {
    const facts = healthy({ resolved: { 's-doctor77.medforge.localhost': [] } })
    expect(unmet(facts)).toEqual([])
    expect(judge(facts).find(({ title }) => title.startsWith('s-'))?.detail).toMatch(
      /not with getent/,
    )
  })

  test('names a pack image without a digest', () => {
    const { settings } = healthy()
    const [fault] = unmet(healthy({ settings: { ...settings, PACK_IMAGE: 'pack:latest' } }))
    expect(fault?.title).toBe('PACK_IMAGE is pinned by a digest')
  })

  test('names every other setting that ./medforge up would refuse', () => {
    const settings = { ...healthy().settings, SUBMISSIONS_DIR: '/mnt/big', TLS_MODE: 'off' }
    const [fault, ...rest] = unmet(healthy({ settings }))
    expect(rest).toEqual([])
    expect(fault?.detail).toContain('SUBMISSIONS_DIR has to be /var/lib/medforge/submissions')
    expect(fault?.detail).toContain('TLS_MODE has to be')
  })

  test('shows what the edge is made of, and what is known against it', () => {
    const about = (facts: HostFacts) =>
      judge(facts).find(({ title }) => title.includes('Caddy and'))
    expect(about(healthy())?.detail).toBe('Caddy 2.6.2-12+deb13u1, Go 1.27.4')
    const old = healthy({ edgeVersions: { caddy: '2.6.2-12+deb13u1', go: '1.27.3' } })
    expect(unmet(old).map(({ detail }) => detail)).toEqual([
      'Caddy 2.6.2-12+deb13u1, Go 1.27.3; CVE-2026-97054 (an HTTP/1 server can be crashed)',
    ])
  })

  test('has a remedy for everything on a host where nothing was ever set up', () => {
    const bare = healthy({
      settings: undefined,
      missingPrograms: [{ program: 'docker', because: 'speaks', package: undefined }],
      resolved: { 'medforge.localhost': [] },
      tls: { 'medforge.localhost': 'getaddrinfo ENOTFOUND' },
      docker: false,
      zfs: { kind: 'fuse', answers: false, pool: undefined, files: 'absent', datasets: [] },
      limits: { ...LIMITS, host: undefined, kernel: {} },
      networks: [],
      connections: { count: 10, max: 10 },
      api: undefined,
      caddy: undefined,
      web: undefined,
      worker: undefined,
      db: undefined,
      edgeVersions: undefined,
      healthz: null,
    })
    expect(judge(bare).every(({ ok, remedy }) => !ok && remedy !== '')).toBe(true)
  })
})

describe(formatVerdicts, () => {
  test('prints the failure mapping word for word', () => {
    const text = formatVerdicts(judge(healthy()))
    for (const { symptom } of FAILURE_MAPPING) expect(text).toContain(symptom)
    for (const section of SECTIONS) expect(text).toMatch(new RegExp(`^${section}$`, 'm'))
    expect(text).toContain('Everything is met.')
  })
})
