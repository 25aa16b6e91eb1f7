import { expect, test } from 'vitest'
import type { Docker } from '../docker/client.ts'
import { createPortGuard } from './ports.ts'

/** A Docker with the sessions' network, whose helpers print what they are told to. */
function createHelperDocker() {
  const containers = new Map<string, { labels: Record<string, string> }>()
  const state = { output: 'watching', isCreateLost: false }
  let made = 0
  const docker = {
    getNetwork: () => ({
      inspect: async () => ({
        Driver: 'bridge',
        Options: { 'com.docker.network.bridge.name': 'mf-sessions' },
        IPAM: { Config: [{ Subnet: '172.30.0.0/24', Gateway: '172.30.0.1' }] },
        Containers: {},
      }),
    }),
    async createContainer({ Labels }: { Labels: Record<string, string> }) {
      made += 1
      containers.set(`helper-${made}`, { labels: Labels })
      if (state.isCreateLost) throw new Error('The answer came too late.')
      return { id: `helper-${made}` }
    },
    listContainers: async () => [...containers].map(([Id, { labels }]) => ({ Id, Labels: labels })),
    getContainer: (id: string) => ({
      start: async () => {},
      async logs() {
        if (state.output === 'away') throw new Error('Docker does not answer.')
        return Buffer.from(state.output)
      },
      inspect: async () => ({ State: { Running: containers.has(id) } }),
      remove: async () => void containers.delete(id),
    }),
  }
  return { docker: docker as unknown as Docker, containers, state }
}

const signal = new AbortController().signal

function openGuard() {
  const host = createHelperDocker()
  return {
    ...host,
    guard: createPortGuard({ docker: host.docker, helperImage: 'api', network: 'mf-sessions' }),
  }
}

test('a guard that is not seen to watch does not stay, and is started anew', async () => {
  const { guard, containers, state } = openGuard()
  state.output = 'away'
  await expect(guard.ensure(signal)).rejects.toThrow()
  expect(containers.size).toBe(0)
  state.output = 'watching'
  await guard.ensure(signal)
  await guard.ensure(signal)
  expect([...containers.keys()]).toEqual(['helper-2'])
})

test('a guard whose creation was answered too late is removed before the next one starts, and no other helper', async () => {
  const { guard, containers, state } = openGuard()
  containers.set('probe', { labels: { 'medforge.helper': 'probe' } })
  state.isCreateLost = true
  await expect(guard.ensure(signal)).rejects.toThrow()
  state.isCreateLost = false
  await guard.ensure(signal)
  expect([...containers.keys()]).toEqual(['probe', 'helper-2'])
})
