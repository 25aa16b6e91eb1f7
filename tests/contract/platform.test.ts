import { describe, expect, test } from 'vitest'
import {
  docker,
  inContainer,
  openDatabase,
  readInstallation,
  runOnHost,
} from '../support/installation.ts'

const installation = readInstallation()
const SERVICES = [
  'medforge-web',
  'medforge-api',
  'medforge-api-worker',
  'medforge-db',
  'medforge-caddy',
]

type Container = {
  Config: { Image: string }
  HostConfig: {
    Privileged: boolean
    CapDrop: string[]
    ReadonlyRootfs: boolean
    SecurityOpt: string[]
  }
  Mounts: { Source: string; Destination: string; Propagation: string }[]
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
  State: { Status: string; Health?: { Status: string } }
}

async function inspect(name: string): Promise<Container> {
  const [container] = JSON.parse(await docker('inspect', name)) as Container[]
  if (!container) throw new Error(`There is no ${name}.`)
  return container
}

describe('the five containers', () => {
  test.each(SERVICES)('%s runs, from an image with a digest, without privileges', async (name) => {
    const { Config, HostConfig, State } = await inspect(name)
    expect(State.Status).toBe('running')
    expect(['healthy', undefined]).toContain(State.Health?.Status)
    expect(Config.Image).toMatch(/@sha256:[0-9a-f]{64}$/)
    expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], ReadonlyRootfs: true })
  })

  test('have their fixed addresses', async () => {
    const addresses = async (name: string) =>
      Object.fromEntries(
        Object.entries((await inspect(name)).NetworkSettings.Networks).map(
          ([network, { IPAddress }]) => [network, IPAddress],
        ),
      )
    expect(await addresses('medforge-caddy')).toEqual({
      'medforge-control': '172.30.1.2',
      'medforge-public-sessions': '172.30.0.2',
    })
    expect(await addresses('medforge-api')).toEqual({
      'medforge-control': '172.30.1.3',
      'medforge-public-sessions': '172.30.0.3',
    })
    for (const name of ['medforge-db', 'medforge-web', 'medforge-api-worker']) {
      expect(Object.keys(await addresses(name))).toEqual(['medforge-control'])
    }
    const networks = await docker('network', 'ls', '--format', '{{.Name}}')
    expect(networks.split('\n')).toContain('medforge-private-sessions')
  })

  test('give Docker to the API alone, and the holdouts to the worker alone', async () => {
    for (const name of SERVICES) {
      const sources = (await inspect(name)).Mounts.map(({ Source }) => Source)
      const hasDocker = sources.some((source) => source.endsWith('docker.sock'))
      expect(hasDocker, name).toBe(name === 'medforge-api')
      const hasHoldouts = sources.some((source) => source.includes('/competitions/hidden'))
      expect(hasHoldouts, name).toBe(name === 'medforge-api-worker')
    }
    const tank = (await inspect('medforge-api')).Mounts.find(({ Source }) => Source === '/tank')
    expect(tank).toMatchObject({ Destination: '/tank', Propagation: 'rshared' })
  })

  test('face the internet with a process that is not root and cannot open the Docker socket', async () => {
    const script = `for p in /proc/[0-9]*; do echo "$(tr '\\0' ' ' <$p/cmdline) $(awk '/^Uid/{print $2}' $p/status)"; done`
    const processes = await inContainer('medforge-api', 'sh', '-c', script)
    expect(processes).toMatch(/server\.ts\s+10001$/m)
    expect(processes).toMatch(/reconciler\.ts\s+0$/m)
    const asServer = docker(
      'exec',
      '--user',
      '10001:10001',
      'medforge-api',
      'curl',
      '-sS',
      '--unix-socket',
      '/var/run/docker.sock',
      'http://docker/_ping',
    )
    await expect(asServer).rejects.toThrow()
    const worker = await inContainer('medforge-api-worker', 'id', '-u')
    expect(worker.trim()).toBe('10002')
  })
})

describe('the pool', () => {
  test('has the datasets that the platform fixes, and the database lives on it', async () => {
    const names = (await runOnHost('zfs', 'list', '-H', '-o', 'name')).trim().split('\n')
    expect(names).toEqual(
      expect.arrayContaining(['tank/medforge/workspaces', 'tank/medforge/system/db']),
    )
    const data = (await inspect('medforge-db')).Mounts.find(
      ({ Destination }) => Destination === '/var/lib/mysql',
    )
    expect(data?.Source).toBe('/tank/medforge/system/db')
  })
})

describe('the database', () => {
  test('has seven enabled GPUs and the default pack with the digest of the settings', async () => {
    await using db = openDatabase(installation)
    const gpus = await db
      .selectFrom('gpu_devices')
      .select(['id', 'enabled'])
      .orderBy('id')
      .execute()
    expect(gpus).toEqual(Array.from({ length: 7 }, (_, id) => ({ id, enabled: true })))
    const pack = await db
      .selectFrom('packs')
      .select(['image_ref', 'image_digest'])
      .where('name', '=', 'default')
      .executeTakeFirstOrThrow()
    expect(`${pack.image_ref}@${pack.image_digest}`).toBe(installation.settings.PACK_IMAGE)
  })
})

describe('the default pack', () => {
  test('has Python’s data libraries and JupyterLab, ready to import', async () => {
    const script = [
      'import numpy, pandas, scipy.stats, jupyterlab',
      'from sklearn.linear_model import LogisticRegression',
      'print(LogisticRegression().fit([[0], [1]], [0, 1]).predict([[1]])[0])',
    ].join('\n')
    const output = await docker(
      ...['run', '--rm', '--network', 'none', '--user', '1000:1000', '--entrypoint', 'python3'],
      ...[installation.settings.PACK_IMAGE ?? '', '-c', script],
    )
    expect(output.trim()).toBe('1')
  })
})

describe('sessions on their network', () => {
  const TARGETS = {
    itself: ['127.0.0.1', 9999],
    'the API': ['172.30.0.3', 8000],
    'the API on the control network': ['172.30.1.3', 8000],
    'the database': ['172.30.1.5', 3306],
    'the web server': ['172.30.1.6', 3000],
    'the host': ['172.30.0.1', 443],
    'the host on another bridge': ['172.17.0.1', 443],
    'a metadata address': ['169.254.169.254', 80],
  } as const

  test('reach no part of the platform, no port of the host and no metadata address', async () => {
    // From a container as a session's is: same image, user, network and range of addresses.
    const script = [
      'python3 -m http.server 9999 >/dev/null 2>&1 & sleep 1',
      ...Object.entries(TARGETS).map(
        ([what, [address, port]]) =>
          `(timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>/dev/null && echo "${what}: open" || echo "${what}: closed") &`,
      ),
      'sleep 4',
    ].join('\n')
    const output = await docker(
      ...['run', '--rm', '--network', installation.settings.PUBLIC_SESSIONS_NETWORK ?? ''],
      ...['--user', '1000:1000', '--cap-drop', 'ALL', '--entrypoint', 'bash'],
      ...[installation.settings.PACK_IMAGE ?? '', '-c', script],
    )
    const expected = Object.keys(TARGETS).map((what) =>
      what === 'itself' ? 'itself: open' : `${what}: closed`,
    )
    expect(output.trim().split('\n').sort()).toEqual(expected.sort())
  })
})
