import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocker } from '@medforge/api/reconciler/docker/client.ts'
import { runHelper } from '@medforge/api/reconciler/docker/helper.ts'
import { createFirewall } from '@medforge/api/reconciler/network/firewall.ts'
import { SESSION_LOG } from '@medforge/api/reconciler/runtime/container-options.ts'
import { createDockerRuntime } from '@medforge/api/reconciler/runtime/docker.ts'
import { describeSessionRuntime } from '@medforge/api/reconciler/runtime/port.contract.ts'
import type { ContainerRef, ContainerSpec } from '@medforge/api/reconciler/runtime/port.ts'
import { SECCOMP_PROFILE } from '@medforge/api/reconciler/runtime/seccomp.ts'
import { eventually } from '@medforge/test-support'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readInstallation } from '../../support/installation.ts'
import { buildTinyImage, type TinyImage } from './tiny-image.ts'

// The labels' value, the network and the names are this run's own: a MedForge on the same Docker never sees these containers.
const RUN = randomUUID()
const NETWORK = `medforge-test-${RUN.slice(0, 8)}`
const MIB = 1024 ** 2
const LIMITS = { cpus: 1, memoryBytes: 256 * MIB, shmBytes: 64 * MIB, pids: 128 }

const docker = createDocker()
const folder = mkdtempSync(join(tmpdir(), 'medforge-workspaces-'))
const signal = AbortSignal.timeout(10 * 60_000)
const options = {
  docker,
  network: NETWORK,
  gpuMode: 'simulated',
  limits: LIMITS,
  managed: RUN,
} as const
const runtime = createDockerRuntime(options)
const foreign: string[] = []
let image: TinyImage
/** The same program, deaf to SIGTERM. */
let deafImage: string
/** It names a program that it does not have. */
let brokenImage: string

beforeAll(() => {
  image = buildTinyImage()
  const template = run('docker', 'create', image.id)
  const deaf = ['--change', 'CMD ["/bin/node", "/program.js", "deaf"]']
  deafImage = run('docker', 'commit', ...deaf, template)
  brokenImage = run('docker', 'commit', '--change', 'CMD ["/bin/nothing"]', template)
  run('docker', 'rm', template)
  run('docker', 'network', 'create', NETWORK)
})

afterAll(() => {
  const listed = run('docker', 'ps', '-aq', '--filter', `label=medforge.managed=${RUN}`)
  for (const id of [...listed.split('\n').filter(Boolean), ...foreign])
    run('docker', 'rm', '-f', id)
  run('docker', 'network', 'rm', NETWORK)
  run('docker', 'rmi', '-f', deafImage, brokenImage)
  image[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' }).trim()
}

function newSpec(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  const sessionId = randomUUID()
  const workspacePath = join(folder, sessionId)
  mkdirSync(workspacePath)
  chownSync(workspacePath, 1000, 1000)
  return {
    sessionId,
    userId: randomUUID(),
    slug: sessionId.replaceAll(/[^a-f2-7]/g, 'a').slice(0, 8),
    tier: 'public',
    image: image.id,
    gpu: { id: 3, uuid: null },
    workspacePath,
    limits: {},
    ...overrides,
  }
}

/** In the session, as whoever it belongs to. */
function inside(container: string, script: string, ...args: string[]): string {
  return run('docker', 'exec', container, '/bin/sh', '-c', script, 'sh', ...args)
}

async function untilUp(container: string): Promise<void> {
  await eventually(() => inside(container, `cat ${SESSION_LOG}`).includes('up'))
}

/** A signal to the program, once it listens for it. */
async function sendSignal(container: string, name: 'USR1' | 'USR2'): Promise<void> {
  await untilUp(container)
  run('docker', 'kill', '-s', name, container)
}

/** Prints 16 MiB to whatever the init process and its children print to, and says where that leads. */
const PRINTER = `
const { openSync, readFileSync, readlinkSync, statSync, writeSync } = require('node:fs')
const children = readFileSync('/proc/1/task/1/children', 'utf8').split(' ').filter(Boolean)
const held = (pid) => [0, 1, 2].map((fd) => readlinkSync('/proc/' + pid + '/fd/' + fd))
const ends = { init: held(1), children: children.flatMap(held) }
for (const pid of [1, ...children]) {
  const output = openSync('/proc/' + pid + '/fd/1', 'w')
  for (let sent = 0; sent < 2 ** 24; ) sent += writeSync(output, Buffer.alloc(65_536, 10))
}
console.log(JSON.stringify({ ...ends, logBytes: statSync(process.argv[1]).size }))`

async function untilEnded(ref: ContainerRef) {
  return eventually(
    async () => {
      const fact = await runtime.observe(ref, signal)
      return fact.kind === 'present' && fact.state === 'ended' ? fact : false
    },
    { timeoutMs: 20_000 },
  )
}

describeSessionRuntime('Docker', () => ({
  runtime,
  newSpec,
  async endContainer(ref) {
    await sendSignal(`mf-session-${ref.slug}`, 'USR2')
    await untilEnded(ref)
  },
  async vanishContainer(ref) {
    run('docker', 'rm', '-f', `mf-session-${ref.slug}`)
  },
  async occupyName(slug) {
    foreign.push(run('docker', 'create', '--name', `mf-session-${slug}`, image.id))
  },
}))

/** A file of /proc as a process of the container sees it. */
const readProc = (id: string, path: string) =>
  run('docker', 'exec', id, '/bin/node', '-p', `fs.readFileSync('/proc/${path}', 'utf8')`)

describe('a container of a session', () => {
  test('is hardened as the contract says, in the words of `docker inspect`', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    const [seen] = JSON.parse(run('docker', 'inspect', id))
    expect(seen.Name).toBe(`/mf-session-${spec.slug}`)
    expect(seen.Image).toBe(image.id)
    expect(seen.Config).toMatchObject({
      User: '1000:1000',
      Labels: {
        'medforge.session': spec.sessionId,
        'medforge.user': spec.userId,
        'medforge.managed': RUN,
      },
    })
    expect(seen.Config.Env).toEqual(
      expect.arrayContaining([
        `MEDFORGE_SESSION_ID=${spec.sessionId}`,
        `MEDFORGE_USER_ID=${spec.userId}`,
        'MEDFORGE_TIER=PUBLIC',
        'MEDFORGE_GPU_ID=3',
        'NVIDIA_VISIBLE_DEVICES=void',
        'CUDA_VISIBLE_DEVICES=0',
      ]),
    )
    expect(seen.HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges:true', `seccomp=${SECCOMP_PROFILE}`],
      Memory: LIMITS.memoryBytes,
      NanoCpus: 1e9,
      CpuShares: 512,
      PidsLimit: LIMITS.pids,
      ShmSize: LIMITS.shmBytes,
      OomKillDisable: false,
      OomScoreAdj: 900,
      ReadonlyRootfs: true,
      Tmpfs: {
        '/tmp': expect.stringContaining('nosuid'),
        '/var/tmp': expect.stringContaining('nosuid'),
      },
      Init: false,
      RestartPolicy: { Name: 'no' },
      NetworkMode: NETWORK,
      IpcMode: 'private',
      PidMode: '',
      UTSMode: '',
      UsernsMode: '',
      PublishAllPorts: false,
      DeviceRequests: [],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '64k', 'max-file': '1' } },
    })
    const ulimits = new Map<string, { Soft: number; Hard: number }>(
      seen.HostConfig.Ulimits.map((each: { Name: string }) => [each.Name, each]),
    )
    expect([...ulimits.keys()].sort()).toEqual(['core', 'nofile'])
    expect(ulimits.get('core')).toMatchObject({ Soft: 0, Hard: 0 })
    const files = ulimits.get('nofile')
    expect(files?.Soft).toBeGreaterThan(0)
    expect(files?.Soft).toBe(files?.Hard)
    // Where the kernel counts swap, there is none for a session; else Docker says -1.
    expect([LIMITS.memoryBytes, -1]).toContain(seen.HostConfig.MemorySwap)
    expect(seen.HostConfig.PortBindings ?? {}).toEqual({})
    expect(seen.HostConfig.Devices ?? []).toEqual([])
    expect(Object.keys(seen.NetworkSettings.Networks)).toEqual([NETWORK])
    expect(seen.Mounts).toMatchObject([
      {
        Type: 'bind',
        Source: spec.workspacePath,
        Destination: '/workspace',
        RW: true,
        Propagation: 'rprivate',
      },
    ])
    await runtime.remove(id, signal)
  })

  test('has no capability, no way to new ones, and a filter on its calls, seen from inside', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    const status = readProc(id, 'self/status')
    expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'))
    }
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^Seccomp:\s+2$/m)
    await runtime.remove(id, signal)
  })

  test('has the score by which the kernel ends it first, in each of its processes', async () => {
    const id = await runtime.start(newSpec(), signal)
    const scores = ['1', 'self'].map((process) => readProc(id, `${process}/oom_score_adj`).trim())
    expect(scores).toEqual(['900', '900'])
    await runtime.remove(id, signal)
  })

  test('is never started on a workspace that is not there, and no directory is made for it', async () => {
    const spec = newSpec({ workspacePath: join(folder, 'missing') })
    await expect(runtime.start(spec, signal)).rejects.toMatchObject({ code: 'container_refused' })
    expect(existsSync(join(folder, 'missing'))).toBe(false)
    expect(await runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
  })

  test('that runs out of memory, of which its person has a limit of their own, is told from one that ends by itself', async () => {
    const spec = newSpec({ limits: { memoryBytes: 96 * MIB } })
    const id = await runtime.start(spec, signal)
    await sendSignal(id, 'USR1')
    expect(await untilEnded(spec)).toMatchObject({ oomKilled: true, exitCode: 137 })
    await runtime.remove(id, signal)
  })

  test('that ignores SIGTERM has two seconds to end, and is killed and gone all the same', async () => {
    const spec = newSpec({ image: deafImage })
    const id = await runtime.start(spec, signal)
    await untilUp(id)
    const wait = spawn('docker', ['wait', id], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [[exitCode]] = await Promise.all([once(wait.stdout, 'data'), end()])
    expect(String(exitCode).trim()).toBe('137')
    expect(await runtime.observe(spec, signal)).toEqual({ kind: 'absent' })
    expect(readdirSync(folder)).toContain(spec.sessionId)

    async function end(): Promise<void> {
      const beforeMs = performance.now()
      await runtime.remove(id, signal)
      // The grace that the contract gives; how long Docker takes beyond it is the host's affair.
      expect(performance.now() - beforeMs).toBeGreaterThanOrEqual(2_000)
    }
  })

  test('keeps no pipe of Docker, so that what it prints for ever is read by nobody and stored nowhere', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    await untilUp(id)
    const seen = JSON.parse(inside(id, 'exec /bin/node -e "$1" "$2"', PRINTER, SESSION_LOG))
    expect(seen.init).toEqual(['/dev/null', '/dev/null', '/dev/null'])
    // Docker's are nameless.
    expect(seen.children.join(' ')).not.toContain('pipe:')
    expect(seen.logBytes).toBe(65_536)
    expect(run('docker', 'logs', id)).toBe('')
    await runtime.remove(id, signal)
  })

  test('that ends by itself leaves what it printed in its workspace', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    await sendSignal(id, 'USR2')
    await untilEnded(spec)
    expect(readFileSync(join(spec.workspacePath, '.medforge-session.log'), 'utf8')).toBe('up\n')
    await runtime.remove(id, signal)
  })

  test('that cannot start leaves why in its workspace', async () => {
    const spec = newSpec({ image: brokenImage })
    const id = await runtime.start(spec, signal)
    expect(await untilEnded(spec)).toMatchObject({ exitCode: 127 })
    const left = readFileSync(join(spec.workspacePath, '.medforge-session.log'), 'utf8')
    expect(left).toContain('/bin/nothing')
    await runtime.remove(id, signal)
  })

  test('reaps what is left to its init process', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    await untilUp(id)
    const orphan = inside(id, '(cat /proc/self/stat & echo $!)').split('\n')[0] ?? ''
    await eventually(() =>
      inside(id, 'cat "/proc/$1/stat" 2>&1 || true', orphan).includes('No such'),
    )
    await runtime.remove(id, signal)
  })

  test('ends with 137 after kill -9 -1 in it, and leaves 255 to Docker', async () => {
    const spec = newSpec()
    const id = await runtime.start(spec, signal)
    await untilUp(id)
    inside(id, 'kill -s KILL -- -1')
    expect(await untilEnded(spec)).toMatchObject({ exitCode: 137, oomKilled: false })
    await runtime.remove(id, signal)
  })

  test.for([
    [
      'an image that is not here',
      { image: `nowhere/pack@sha256:${'0'.repeat(64)}` },
      'image_missing',
    ],
  ] as const)('is refused for %s at once, without a pull', async ([, overrides, code]) => {
    await expect(runtime.start(newSpec(overrides), signal)).rejects.toMatchObject({ code })
  })

  test('is refused while the sessions network is missing', async () => {
    const lost = createDockerRuntime({ ...options, network: `${NETWORK}-none` })
    const spec = newSpec()
    await expect(lost.start(spec, signal)).rejects.toMatchObject({ code: 'network_missing' })
    const fact = await runtime.observe(spec, signal)
    if (fact.kind === 'present') await runtime.remove(fact.id, signal)
  })

  test('asks for exactly one device by its UUID where there are GPUs', async () => {
    const nvidia = createDockerRuntime({ ...options, gpuMode: 'nvidia' })
    const spec = newSpec({ gpu: { id: 3, uuid: 'GPU-00000000-0000-0000-0000-000000000003' } })
    const started = nvidia.start(spec, signal)
    // Without NVIDIA's runtime Docker refuses the start; the request is in the container that was made.
    await expect(started).rejects.toMatchObject({ code: 'gpu_refused' })
    const [seen] = JSON.parse(run('docker', 'inspect', `mf-session-${spec.slug}`))
    expect(seen.HostConfig.DeviceRequests).toMatchObject([
      { Count: 0, DeviceIDs: [spec.gpu.uuid], Capabilities: [['gpu', 'compute', 'utility']] },
    ])
    expect(seen.Config.Env).toContain(`NVIDIA_VISIBLE_DEVICES=${spec.gpu.uuid}`)
    await runtime.remove(seen.Id, signal)
  })
})

describe('a session of the default pack', () => {
  const work = createDockerRuntime({ ...options, limits: { ...LIMITS, memoryBytes: 1024 * MIB } })
  let id: string

  beforeAll(async () => {
    id = await work.start(newSpec({ image: readInstallation().settings.PACK_IMAGE ?? '' }), signal)
  })

  afterAll(() => work.remove(id, signal))

  test.for([
    ['io_uring_setup(2)', 'libc.syscall(425, 8, ctypes.create_string_buffer(120))'],
    ['a socket of AF_VSOCK', 'libc.socket(40, 1, 0)'],
    [
      'one whose family has more bits than the kernel looks at',
      'libc.syscall(41, ctypes.c_long(0x100000028), 1, 0)',
    ],
    ['a socket of AF_ALG', 'libc.socket(38, 5, 0)'],
  ])('is refused %s', ([, call]) => {
    const program = `import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(${call}, ctypes.get_errno())`
    expect(inside(id, 'python3 -c "$1"', program)).toBe('-1 1')
  })

  test('gets sockets of the other kinds', () => {
    const program =
      'import socket; socket.socketpair(); [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)]'
    expect(inside(id, 'python3 -c "$1"', program)).toBe('')
  })

  test('does ordinary work: Python with threads and processes, Node, git, pip', async () => {
    const program = `import numpy, multiprocessing, threading, zipfile
threading.Thread(target=lambda: None).start()
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
assert numpy.ones((64, 64)).dot(numpy.ones((64, 64)))[0, 0] == 64
with zipfile.ZipFile('/tmp/mine-1-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('mine.py', 'answer = 42')
    for name, text in (('METADATA', 'Metadata-Version: 2.1\\nName: mine\\nVersion: 1\\n'), ('WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'), ('RECORD', '')):
        wheel.writestr('mine-1.dist-info/' + name, text)`
    inside(id, 'python3 -c "$1"', program)
    await eventually(() => inside(id, 'ls "$VIRTUAL_ENV/bin" 2>&1 || true').includes('pip3'))
    const lines = inside(
      id,
      `set -e
      pip install --quiet --no-index /tmp/mine-1-py3-none-any.whl
      python -c 'import mine; print(mine.answer)'
      node -e 'require("node:fs").promises.readFile("/etc/hostname").then(() => console.log("node"))'
      git init --quiet /tmp/repository && cd /tmp/repository && touch file && git add file
      git -c user.name=me -c user.email=me@example.org commit --quiet -m first && git log --format=%s`,
    )
    expect(lines.split('\n')).toEqual(['42', 'node', 'first'])
  })
})

describe('a Docker that is away', () => {
  const away = createDockerRuntime({
    ...options,
    docker: createDocker('/run/medforge-test-nowhere.sock'),
  })

  test('makes facts unknown and calls fail as "away", never as "refused" or "absent"', async () => {
    const spec = newSpec()
    expect(await away.observe(spec, signal)).toMatchObject({ kind: 'unknown' })
    for (const call of [
      away.list(signal),
      away.start(spec, signal),
      away.remove('0'.repeat(64), signal),
      away.watch(() => {}, signal),
    ]) {
      await expect(call).rejects.toMatchObject({ name: 'HostAwayError' })
    }
  })
})

describe('the probe of the firewall', () => {
  test('reports what a session reaches where no rules are', async () => {
    const firewall = createFirewall({ docker, helperImage: image.id, network: NETWORK })
    const reached = await firewall.probe(signal)
    expect(reached).toContainEqual(expect.stringMatching(/:8080$/))
    expect(reached).toContainEqual(expect.stringMatching(/:9090$/))
    expect(
      run(
        'docker',
        'ps',
        '-aq',
        '--filter',
        `network=${NETWORK}`,
        '--filter',
        'label=medforge.helper',
      ),
    ).toBe('')
  })
})

describe('a helper', () => {
  test('runs with the rights that were named and no others, and is gone afterwards', async () => {
    const purpose = `test-${RUN}`
    const { exitCode, output } = await runHelper(
      docker,
      {
        purpose,
        image: image.id,
        command: ['/bin/node', '-p', "require('fs').readFileSync('/proc/self/status', 'utf8')"],
        hostConfig: { CapAdd: ['NET_ADMIN'] },
        limitMs: 20_000,
      },
      signal,
    )
    expect(exitCode).toBe(0)
    expect(output).toMatch(/^CapEff:\s+0000000000001000$/m)
    expect(run('docker', 'ps', '-aq', '--filter', `label=medforge.helper=${purpose}`)).toBe('')
  })
})
