import { type Docker, DockerAnswer } from '../docker/client.ts'
import { countHelpers, HelperSlowError, removeLeftHelpers, runHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'
import type { SmiAnswer, SmiRunner } from './nvidia.ts'
import { SMI_COMMAND } from './smi.ts'

const PURPOSE = 'gpus-'

// nvidia-smi takes seconds where the driver's persistence mode is off, and for ever where a device fell off the bus.
const LIMIT_MS = 20_000

/** Whether a helper of this purpose asks a GPU, and so may hang with it. */
export function isSmiHelper(purpose: string): boolean {
  return purpose.startsWith(PURPOSE)
}

/**
 * nvidia-smi in a short helper container: the reconciler has no device, and the program itself is brought in by NVIDIA's container toolkit,
 * the same way on which sessions get theirs.
 *
 * The helper sees the host's processes, because nvidia-smi names no program of another process namespace.
 */
export function createSmiHelper(options: {
  docker: Docker
  helperImage: string
  limitMs?: number
}): SmiRunner {
  const { docker, helperImage, limitMs = LIMIT_MS } = options

  /** Whether an earlier one is still there, because a process that waits for a broken device cannot be killed. */
  async function isStuck(purpose: string, signal: AbortSignal): Promise<boolean> {
    await removeLeftHelpers(docker, signal, (each) => each === purpose)
    return (await countHelpers(docker, signal, purpose)) > 0
  }

  return {
    async ask(device, signal) {
      const purpose = `${PURPOSE}${device}`
      if (await isStuck(purpose, signal)) return { kind: 'hung' }
      const wanted = device === 'all' ? { Count: -1 } : { Count: 0, DeviceIDs: [device] }
      const spec = {
        purpose,
        image: helperImage,
        command: device === 'all' ? [...SMI_COMMAND] : [...SMI_COMMAND, `--id=${device}`],
        env: { NVIDIA_VISIBLE_DEVICES: device, NVIDIA_DRIVER_CAPABILITIES: 'utility' },
        hostConfig: {
          PidMode: 'host',
          DeviceRequests: [{ Driver: '', ...wanted, Capabilities: [['gpu', 'utility']] }],
        },
        limitMs,
      }
      try {
        return { kind: 'ended', ...(await runHelper(docker, spec, signal)) }
      } catch (error) {
        const refusal = readRefusal(error)
        if (refusal) return refusal
        if (signal.aborted || !(error instanceof HelperSlowError)) throw error
        return { kind: 'hung' }
      }
    },
  }
}

/** Docker's words where it could not hand over the devices; undefined where that is not what went wrong. */
function readRefusal(error: unknown): SmiAnswer | undefined {
  const cause = error instanceof HostAwayError ? error.cause : undefined
  if (!(cause instanceof DockerAnswer)) return undefined
  const { message } = cause
  if (/could not select device driver|driver not loaded|libnvidia-ml/i.test(message)) {
    return { kind: 'no-driver' }
  }
  const [, reason] = /(nvidia-container-cli:.*|.*unresolvable CDI devices.*)/i.exec(message) ?? []
  return reason === undefined ? undefined : { kind: 'refused', reason: reason.slice(0, 200) }
}
