import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { eventually } from '@medforge/test-support'
import { createStandInSmi, type StandInSmi } from './stand-in-smi.ts'

/** What Docker asked the stand-in for, for one container. */
export type DeviceRequest = { visible: string; capabilities: string }

/**
 * A Docker server of its own with stand-ins for NVIDIA's container toolkit. Docker (20.10 as 28) offers GPUs when
 * `nvidia-container-runtime-hook` is on its PATH as it starts; for a container that asks for some it puts `NVIDIA_VISIBLE_DEVICES` into the
 * environment and makes that program a prestart hook, which reads both from the container's bundle.
 */
export type NvidiaDocker = AsyncDisposable & {
  socketPath: string
  smi: StandInSmi
  run(...args: string[]): string
  /** Imports an image of `/bin/sh` and a few tools with these changes (`ENV …`); its id. */
  buildImage(...changes: string[]): string
  /** Every request so far, oldest first. */
  requests(): DeviceRequest[]
  /** From now on the hook refuses this device, as the toolkit does with one that fell off the bus. */
  refuse(uuid: string): void
}

// As the toolkit's hook: decides by the environment of the container, brings nvidia-smi in, and shows the devices that were asked for.
const HOOK = (here: string) => `#!${process.execPath}
const fs = require('node:fs')
const path = require('node:path')
const { bundle } = JSON.parse(fs.readFileSync(0, 'utf8'))
const config = JSON.parse(fs.readFileSync(path.join(bundle, 'config.json'), 'utf8'))
const env = Object.fromEntries(config.process.env.map((line) => line.split(/=(.*)/s, 2)))
const visible = env.NVIDIA_VISIBLE_DEVICES ?? ''
const here = ${JSON.stringify(here)}
fs.appendFileSync(here + '/requests', JSON.stringify({ visible, capabilities: env.NVIDIA_DRIVER_CAPABILITIES ?? '' }) + '\\n')
const devices = fs.readFileSync(here + '/smi/nvidia-smi.devices', 'utf8').split('\\n').filter(Boolean)
const wanted = devices.filter((line) => visible === 'all' || visible.split(',').includes(line.split('|')[0]))
const refused = fs.existsSync(here + '/refused') ? fs.readFileSync(here + '/refused', 'utf8').split('\\n') : []
const lost = wanted.some((line) => refused.includes(line.split('|')[0]))
if (lost || (visible !== 'all' && visible !== 'void' && wanted.length === 0)) {
  process.stderr.write('nvidia-container-cli: device error: ' + visible + ': unknown device\\n')
  process.exit(1)
}
const root = config.root.path
for (const name of ['nvidia-smi', 'nvidia-smi.mode']) fs.copyFileSync(here + '/smi/' + name, root + '/usr/bin/' + name)
fs.writeFileSync(root + '/usr/bin/nvidia-smi.devices', wanted.map((line) => line + '\\n').join(''))
`

/** Those of the init process. */
const TOOLS = ['sh', 'cat', 'cp', 'env', 'mkfifo', 'rm', 'sleep'].map((name) => `/bin/${name}`)

export async function startNvidiaDocker(): Promise<NvidiaDocker> {
  const folder = mkdtempSync('/var/lib/docker/nvidia-test-')
  const smi = createStandInSmi()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  execFileSync('ln', ['-s', smi.folder, join(folder, 'smi')])
  writeFileSync(join(bin, 'nvidia-container-runtime-hook'), HOOK(folder), { mode: 0o755 })
  writeFileSync(join(folder, 'requests'), '')
  const socketPath = join(folder, 'docker.sock')
  const daemon = spawn(
    'dockerd',
    [
      ...['--host', `unix://${socketPath}`, '--pidfile', join(folder, 'docker.pid')],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'],
      ...['--storage-driver', 'vfs'],
    ],
    { env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  for (const stream of [daemon.stdout, daemon.stderr]) {
    stream.on('data', (chunk) => appendFileSync(join(folder, 'log'), chunk))
  }
  const gone = once(daemon, 'exit')

  function run(...args: string[]): string {
    return execFileSync('docker', ['--host', `unix://${socketPath}`, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  }

  async function close(): Promise<void> {
    if (existsSync(socketPath)) {
      const ids = run('ps', '-aq').split('\n').filter(Boolean)
      if (ids.length > 0) run('rm', '-f', ...ids)
    }
    daemon.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
    smi[Symbol.dispose]()
  }

  try {
    await eventually(() => run('version') !== '', { timeoutMs: 30_000 })
  } catch (error) {
    const output = readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)
    await close()
    throw new Error(`The Docker server with the stand-ins did not start: ${output}`, {
      cause: error,
    })
  }

  return {
    ...{ socketPath, smi, run },
    buildImage(...changes) {
      const root = mkdtempSync(join(folder, 'image-'))
      chmodSync(root, 0o755)
      for (const tool of TOOLS) {
        const listed = execFileSync('ldd', [tool], { encoding: 'utf8' })
        const libraries = [...listed.matchAll(/(\/[^\s()]+)/g)].flatMap(([, path]) => path ?? [])
        for (const file of [tool, ...libraries]) {
          mkdirSync(join(root, dirname(file)), { recursive: true })
          copyFileSync(file, join(root, file))
        }
      }
      for (const place of ['usr/bin', 'tmp']) mkdirSync(join(root, place), { recursive: true })
      chmodSync(join(root, 'tmp'), 0o1777)
      const options = ['CMD ["/bin/sleep", "600"]', ...changes].flatMap((line) => [
        '--change',
        line,
      ])
      const tar = execFileSync('tar', ['c', '-C', root, '.'], { maxBuffer: 64 * 1024 * 1024 })
      return execFileSync('docker', ['--host', `unix://${socketPath}`, 'import', ...options, '-'], {
        input: tar,
        encoding: 'utf8',
      }).trim()
    },
    requests: () =>
      readFileSync(join(folder, 'requests'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    refuse: (uuid) => appendFileSync(join(folder, 'refused'), `${uuid}\n`),
    [Symbol.asyncDispose]: close,
  }
}
