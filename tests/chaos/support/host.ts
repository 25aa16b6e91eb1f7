import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '@medforge/test-support'
import { buildTinyImage } from '../../integration/sessions/tiny-image.ts'
import { docker, eventually, type Installation, runOnHost } from '../../support/installation.ts'

/** The API's own address: Caddy forwards to it, and lets nobody else ask whether a session is ready. */
export const API_ADDRESS = '172.30.1.3'
const CADDY_ADDRESS = '172.30.1.2'
const CONTAINERS = ['medforge-api', 'medforge-api-worker']

/**
 * Stop the platform's API and worker containers and give this host the API's address, so that processes of these tests take their place:
 * the same programs, but killed and started again within a second, with other settings each time.
 */
export async function takeOver(installation: Installation): Promise<void> {
  // Docker starts them again otherwise, when it is started itself.
  await docker('update', '--restart', 'no', ...CONTAINERS)
  await docker('stop', '--time', '10', ...CONTAINERS)
  await ensureAddress()
  const folder = installation.settings.SUBMISSIONS_DIR || '/var/lib/medforge/submissions'
  const { uid, gid } = statSync(folder)
  mkdirSync(join(folder, 'incoming'), { recursive: true })
  chownSync(join(folder, 'incoming'), uid, gid)
}

/** Idempotent: a Docker server that restarts may have taken the address away. */
export async function ensureAddress(): Promise<void> {
  const bridge = await bridgeOf('medforge-control')
  await runOnHost('ip', 'address', 'replace', `${API_ADDRESS}/32`, 'dev', bridge)
  const route = [`${CADDY_ADDRESS}/32`, 'dev', bridge, 'src', API_ADDRESS]
  await runOnHost('ip', 'route', 'replace', ...route)
}

export async function giveBack(): Promise<void> {
  const bridge = await bridgeOf('medforge-control')
  await runOnHost('ip', 'route', 'del', `${CADDY_ADDRESS}/32`, 'dev', bridge).catch(() => {})
  await runOnHost('ip', 'address', 'del', `${API_ADDRESS}/32`, 'dev', bridge).catch(() => {})
  await docker('update', '--restart', 'always', ...CONTAINERS)
  await docker('start', ...CONTAINERS)
}

async function bridgeOf(network: string): Promise<string> {
  const id = await docker('network', 'inspect', '--format', '{{.Id}}', network)
  return `br-${id.trim().slice(0, 12)}`
}

/** An image with a digest that answers on 8080 within some milliseconds: `name@sha256:…`. Pushed to a registry that is gone afterwards. */
export async function pushTinyImage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-registry-'))
  const port = await findFreePort()
  const name = `127.0.0.1:${port}/chaos/tiny`
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: `127.0.0.1:${port}` },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const registry = spawn('docker-registry', ['serve', join(folder, 'config.json')], {
    stdio: 'ignore',
  })
  const gone = once(registry, 'exit')
  try {
    const image = buildTinyImage()
    await docker('tag', image.id, `${name}:latest`)
    await eventually(
      () =>
        fetch(`http://127.0.0.1:${port}/v2/`).then(
          ({ ok }) => ok,
          () => false,
        ),
      'the registry answers',
    )
    await docker('push', '--quiet', `${name}:latest`)
    const digests = await docker('image', 'inspect', '--format', '{{json .RepoDigests}}', image.id)
    const pinned = (JSON.parse(digests) as string[]).find((each) => each.startsWith(name))
    if (pinned === undefined) throw new Error(`Docker knows no digest of ${name}: ${digests}`)
    return pinned
  } finally {
    registry.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
}
