import { expect, test } from 'vitest'
import { createLogger } from '../../lib/logger.ts'
import { createFakeWorkspaces } from '../workspace/fake.ts'
import { createHostChecks, poolCheck } from './checks.ts'
import { createHostState } from './state.ts'

const GIB = 1024 ** 3
const PARTS = ['docker', 'pool', 'network', 'image', 'firewall', 'ports', 'gpus'] as const

test('a pool that is nearly full lets nobody launch, by name, and is well again with room', async () => {
  const workspaces = createFakeWorkspaces('tank/medforge/workspaces')
  const host = createHostState()
  for (const part of PARTS) host.set(part, null)
  const logger = createLogger('reconciler', 'silent')
  const checks = createHostChecks({ checks: [poolCheck(workspaces)], host, logger })
  const { signal } = new AbortController()
  async function reasonsAfterCheck(availableBytes: number): Promise<string[]> {
    workspaces.setRoom({ sizeBytes: 20 * GIB, availableBytes })
    checks.runDue(signal)
    await checks.idle()
    return host.report().reasons
  }
  const low = 'The storage of this host is nearly full. Tell the operator, who has to free some.'
  expect(await reasonsAfterCheck(2 * GIB)).toEqual([])
  expect(await reasonsAfterCheck(GIB / 2)).toEqual([low])
  expect(host.report()).toMatchObject({ able: false, pool_bytes: 20 * GIB })
  expect(await reasonsAfterCheck(2 * GIB)).toEqual([])
  expect(host.report().able).toBe(true)
})
