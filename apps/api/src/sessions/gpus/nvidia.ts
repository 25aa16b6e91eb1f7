import type { Docker } from '../docker/client.ts'
import { DockerAnswer } from '../docker/client.ts'
import { runHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'
import type { GpuDevice, GpuInventory } from './inventory.ts'

// nvidia-smi takes seconds where the driver's persistence mode is off, and for ever where a device fell off the bus.
const HELPER_LIMIT_MS = 30_000

/**
 * The host's NVIDIA devices, by `nvidia-smi` in a short helper container that is given all of them: this process has no device, and the
 * program itself is brought in by NVIDIA's container runtime.
 */
export function createNvidiaInventory(options: {
  docker: Docker
  helperImage: string
}): GpuInventory {
  const { docker, helperImage } = options
  return {
    async list(signal) {
      try {
        const { exitCode, output } = await runHelper(
          docker,
          {
            purpose: 'gpus',
            image: helperImage,
            command: ['nvidia-smi', '--query-gpu=index,uuid,name', '--format=csv,noheader'],
            env: { NVIDIA_VISIBLE_DEVICES: 'all', NVIDIA_DRIVER_CAPABILITIES: 'utility' },
            hostConfig: {
              DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu', 'utility']] }],
            },
            limitMs: HELPER_LIMIT_MS,
          },
          signal,
        )
        if (exitCode !== 0) throw new HostAwayError('nvidia-smi failed.', { cause: output })
        return parseSmi(output)
      } catch (error) {
        if (isWithoutDriver(error)) return []
        throw error
      }
    },
  }
}

/** `0, GPU-5c1e…, NVIDIA H100 80GB HBM3`, a device a line; anything else is passed over. */
export function parseSmi(output: string): GpuDevice[] {
  return output.split('\n').flatMap((line) => {
    const [, index, uuid, model] = /^\s*(\d+),\s*(GPU-[0-9a-f-]+),\s*(.+?)\s*$/i.exec(line) ?? []
    return index && uuid && model ? [{ index: Number(index), uuid, model }] : []
  })
}

/** Docker's words where no runtime for GPUs is installed, or the driver is not loaded. */
function isWithoutDriver(error: unknown): boolean {
  const cause = error instanceof HostAwayError ? error.cause : undefined
  return (
    cause instanceof DockerAnswer &&
    /could not select device driver|nvidia-container-cli|driver (not loaded|error)/i.test(
      cause.message,
    )
  )
}
