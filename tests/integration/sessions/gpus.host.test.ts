import { randomUUID } from 'node:crypto'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocker } from '@medforge/api/reconciler/docker/client.ts'
import { createSmiHelper } from '@medforge/api/reconciler/gpus/helper.ts'
import type { GpuDevice } from '@medforge/api/reconciler/gpus/inventory.ts'
import { createNvidiaInventory } from '@medforge/api/reconciler/gpus/nvidia.ts'
import { createDockerRuntime } from '@medforge/api/reconciler/runtime/docker.ts'
import type { ContainerSpec } from '@medforge/api/reconciler/runtime/port.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type NvidiaDocker, startNvidiaDocker } from './nvidia-docker.ts'

const A = 'GPU-aaaaaaaa-0000-0000-0000-000000000000'
const B = 'GPU-bbbbbbbb-0000-0000-0000-000000000000'
const MIB = 1024 ** 2
const LIMITS = { cpus: 1, memoryBytes: 128 * MIB, shmBytes: 16 * MIB, pids: 64 }

const signal = AbortSignal.timeout(5 * 60_000)
const folder = mkdtempSync(join(tmpdir(), 'medforge-workspaces-'))
let host: NvidiaDocker
let image: string
/** An image that asks for every GPU and all that a driver can do, as NVIDIA's own do. */
let greedyImage: string

beforeAll(async () => {
  host = await startNvidiaDocker()
  image = host.buildImage()
  greedyImage = host.buildImage(
    'ENV NVIDIA_VISIBLE_DEVICES=all',
    'ENV NVIDIA_DRIVER_CAPABILITIES=all',
  )
})

beforeEach(() => {
  host.smi.fail('none')
  host.smi.show([{ uuid: A }, { uuid: B }])
})

afterAll(async () => {
  await host[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function newSpec(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  const sessionId = randomUUID()
  const workspacePath = join(folder, sessionId)
  mkdirSync(workspacePath)
  chownSync(workspacePath, 1000, 1000)
  return {
    ...{ sessionId, userId: randomUUID(), tier: 'public', image, workspacePath },
    slug: sessionId.replaceAll(/[^a-f2-7]/g, 'a').slice(0, 8),
    gpu: { id: 1, uuid: B },
    limits: {},
    ...overrides,
  }
}

function openRuntime(gpuMode: 'nvidia' | 'simulated' = 'nvidia') {
  const docker = createDocker(host.socketPath)
  return createDockerRuntime({ docker, network: 'none', gpuMode, limits: LIMITS, managed: 'test' })
}

/** The container's environment as a program in it sees it. */
function environmentOf(id: string): string[] {
  return host.run('exec', id, '/bin/cat', '/proc/1/environ').split('\0').filter(Boolean)
}

describe('a session on a host with GPUs', () => {
  test.each([
    ['that says nothing of GPUs', () => image],
    ['that asks for all of them', () => greedyImage],
  ])('gets exactly its own device with an image %s', async (_what, choose) => {
    const runtime = openRuntime()
    const before = host.requests().length
    const id = await runtime.start(newSpec({ image: choose() }), signal)
    expect(host.requests().slice(before)).toEqual([
      { visible: B, capabilities: expect.stringMatching(/^(compute,utility|utility,compute)$/) },
    ])
    const seen = host.run('exec', id, '/bin/sh', '-c', 'cat /usr/bin/nvidia-smi.devices')
    expect(seen.split('\n').map((line) => line.split('|')[0])).toEqual([B])
    const environment = environmentOf(id)
    expect(environment).toEqual(
      expect.arrayContaining(['MEDFORGE_GPU_ID=1', 'CUDA_VISIBLE_DEVICES=0']),
    )
    const named = environment.filter((line) => line.startsWith('NVIDIA_VISIBLE_DEVICES='))
    expect(new Set(named)).toEqual(new Set([`NVIDIA_VISIBLE_DEVICES=${B}`]))
    await runtime.remove(id, signal)
  })

  test('asks for none where GPUs are simulated, whatever its image asks for', async () => {
    const runtime = openRuntime('simulated')
    const before = host.requests().length
    const id = await runtime.start(newSpec({ image: greedyImage }), signal)
    expect(host.requests()).toHaveLength(before)
    expect(environmentOf(id)).toContain('NVIDIA_VISIBLE_DEVICES=void')
    await runtime.remove(id, signal)
  })

  test('is refused, not started without a GPU, when its device is gone', async () => {
    host.smi.show([{ uuid: A }])
    const runtime = openRuntime()
    const spec = newSpec()
    await expect(runtime.start(spec, signal)).rejects.toMatchObject({ code: 'gpu_refused' })
    const fact = await runtime.observe(spec, signal)
    if (fact.kind === 'present') await runtime.remove(fact.id, signal)
  })
})

describe('the inventory, on the way that the toolkit offers', () => {
  const known: GpuDevice[] = [A, B].map((uuid, index) => ({
    ...{ index, uuid, model: 'NVIDIA H100', fault: null, memoryUsedMib: null, pids: [] },
  }))

  function list(limitMs = 20_000) {
    const docker = createDocker(host.socketPath)
    const smi = createSmiHelper({ docker, helperImage: image, limitMs })
    return createNvidiaInventory(smi).list(known, signal)
  }

  function helpers(): string {
    return host.run('ps', '-aq', '--filter', 'label=medforge.helper')
  }

  test('names every device with what is on it', async () => {
    host.smi.show([{ uuid: A, pids: [4711], memoryUsedMib: 6012 }, { uuid: B }])
    expect(await list()).toMatchObject({
      kind: 'devices',
      devices: [
        { index: 0, uuid: A, memoryUsedMib: 6012, pids: [4711] },
        { index: 1, uuid: B, memoryUsedMib: 4, pids: [] },
      ],
    })
    expect(helpers()).toBe('')
  })

  test('tells a device that hangs from the other, and leaves no helper behind', async () => {
    host.smi.show([{ uuid: A, state: 'hang' }, { uuid: B }])
    expect(await list(5_000)).toMatchObject({
      devices: [
        { uuid: A, fault: expect.stringContaining('in time') },
        { uuid: B, fault: null },
      ],
    })
    expect(helpers()).toBe('')
  })

  test('is without devices where Docker has no way to hand them out', async () => {
    const smi = createSmiHelper({ docker: createDocker(), helperImage: image })
    // The platform's own Docker has neither the toolkit nor this image.
    await expect(createNvidiaInventory(smi).list([], signal)).rejects.toThrow('not on this host')
  })

  test('tells a device that the toolkit refuses from the other', async () => {
    host.refuse(A)
    expect(await list()).toMatchObject({
      devices: [
        { uuid: A, fault: expect.stringContaining('unknown device') },
        { uuid: B, fault: null },
      ],
    })
  })
})
