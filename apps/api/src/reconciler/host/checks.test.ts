import { expect, test, vi } from 'vitest'
import { createLogger } from '../../lib/logger.ts'
import type { Firewall } from '../network/firewall.ts'
import { connectionsCheck, firewallCheck } from './checks.ts'
import { createHostState } from './state.ts'

test.each([
  ['are not known', null, null],
  ['leave room', { count: 209_715, max: 262_144 }, null],
  [
    'fill four fifths',
    { count: 209_716, max: 262_144 },
    "The host's table of connections is 80 % full.",
  ],
])('connections that %s are reported so', async (_note, tracked, text) => {
  const { run } = connectionsCheck({ trackedConnections: () => tracked })
  expect((await run(AbortSignal.timeout(1_000), createHostState()))?.text ?? null).toBe(text)
})

test.each([
  { what: 'were tried out already', state: 'proven', probes: 0 },
  { what: 'were never tried out', state: 'ok', probes: 1 },
  { what: 'were put back', state: 'repaired', probes: 1 },
])('rules that $what are tried out $probes times', async ({ state, probes }) => {
  const probe = vi.fn(async () => [])
  const firewall = { ensure: async () => ({ state }), probe } as unknown as Firewall
  const check = firewallCheck(firewall, createLogger('test', 'silent'))
  expect(await check.run(AbortSignal.timeout(1_000), createHostState())).toBeNull()
  expect(probe).toHaveBeenCalledTimes(probes)
})
