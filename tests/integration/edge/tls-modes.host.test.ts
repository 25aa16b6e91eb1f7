import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
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

test('a mode that does not exist is refused', async () => {
  await expect(adapt('none')).rejects.toThrow()
})
