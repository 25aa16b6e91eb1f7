import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { letEdgeRead } from '@medforge/cli/host/certificate.ts'
import { expect, onTestFinished, test } from 'vitest'
import { CONFIGURATION, DOMAIN, findImage } from './edge.ts'

const execute = promisify(execFile)

type Site = { match?: { host: string[] }[] }
type Adapted = {
  apps: {
    http: { servers: Record<string, { listen: string[]; protocols: string[]; routes: Site[] }> }
    tls: { automation: { policies: { on_demand?: boolean }[]; on_demand: { ask: string } } }
  }
}

/** The configuration as Caddy itself understands it. */
async function adapt(mode: string): Promise<{ config: Adapted; text: string }> {
  const { stdout } = await execute('docker', [
    ...['run', '--rm', '--network', 'none', '--volume', `${CONFIGURATION}:/etc/caddy:ro`],
    ...['--env', `DOMAIN=${DOMAIN}`, '--env', `TLS_MODE=${mode}`, '--env', 'ACME_EMAIL=a@b.test'],
    ...['--env', 'ACME_CA=https://acme.test/directory', findImage()],
    ...['caddy', 'adapt', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
  ])
  return { config: JSON.parse(stdout) as Adapted, text: stdout }
}

test.each(['internal', 'files', 'acme'])(
  'TLS_MODE=%s gives a configuration with every site',
  async (mode) => {
    const { config, text } = await adapt(mode)
    const servers = Object.values(config.apps.http.servers)
    const hosts = servers
      .filter(({ listen }) => listen.some((address) => address.endsWith(':443')))
      .flatMap(({ routes }) =>
        routes.flatMap(({ match = [] }) => match.flatMap(({ host }) => host)),
      )
    expect(hosts.sort()).toEqual([
      `*.medforge.${DOMAIN}`,
      `api.medforge.${DOMAIN}`,
      `medforge.${DOMAIN}`,
    ])
    expect(servers.every(({ protocols }) => protocols.join() === 'h1,h2')).toBe(true)
    expect(text.includes('Strict-Transport-Security":["max-age')).toBe(mode !== 'internal')
  },
)

test('only ACME makes certificates on demand, and asks first', async () => {
  const { config } = await adapt('acme')
  expect(config.apps.tls.automation.on_demand.ask).toBe('http://127.0.0.1:8082/')
  expect(config.apps.tls.automation.policies.some((policy) => policy.on_demand)).toBe(true)
  const trial = await adapt('internal')
  expect(trial.config.apps.tls.automation.policies.some((policy) => policy.on_demand)).toBe(false)
})

test('a key that only root can read keeps the edge from starting until its group may read it, and nobody else may then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = ['privkey.pem', 'fullchain.pem'].map((name) => join(folder, name))
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=edge.test', '-keyout', files[0] ?? '', '-out', files[1] ?? ''],
  ])
  chmodSync(folder, 0o755)
  for (const file of files) chmodSync(file, 0o600)
  const start = () =>
    execute('docker', [
      ...['run', '--rm', '--network', 'none', '--user', '10003:10003', '--cap-drop', 'ALL'],
      ...['--volume', `${CONFIGURATION}:/etc/caddy:ro`, '--volume', `${folder}:/tls:ro`],
      ...['--env', `DOMAIN=${DOMAIN}`, '--env', 'TLS_MODE=files', findImage()],
      ...['caddy', 'validate', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
    ])
  await expect(start()).rejects.toThrow('permission denied')
  expect(files.map(letEdgeRead)).toEqual([true, true])
  await start()
  const access = files.map((file) => {
    const { uid, gid, mode } = statSync(file)
    return [uid, gid, (mode & 0o777).toString(8)]
  })
  expect(access).toEqual([
    [0, 10003, '640'],
    [0, 10003, '640'],
  ])
  expect(files.map(letEdgeRead)).toEqual([false, false])
})

test('a mode that does not exist is refused', async () => {
  await expect(adapt('none')).rejects.toThrow()
})
