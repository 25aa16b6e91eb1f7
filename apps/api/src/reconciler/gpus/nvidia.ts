import type { GpuDevice, GpuInventory } from './inventory.ts'
import { blamesDevice, complaintOf, isAbsent, parseSmi } from './smi.ts'

/** What became of one run of nvidia-smi. */
export type SmiAnswer =
  | { kind: 'ended'; exitCode: number; output: string }
  /** It had to be given up, now or in an earlier run that cannot even be killed. */
  | { kind: 'hung' }
  /** The host has no driver, or nothing that hands devices to containers. */
  | { kind: 'no-driver' }
  /** The device could not be handed to the program that should ask it. */
  | { kind: 'refused'; reason: string }

export interface SmiRunner {
  /**
   * Ask all devices, or one by its UUID. Of each question one at most is under way, however long it hangs.
   *
   * @throws HostAwayError when it could not be tried
   */
  ask(device: 'all' | string, signal: AbortSignal): Promise<SmiAnswer>
}

/**
 * The host's NVIDIA devices.
 *
 * One question for all of them while all are healthy. Where that fails, each device that is known is asked by itself, so that one that fell
 * off the bus is distinguished from the others. Where none answers and nothing blames a device, the host is to blame (the driver, the toolkit).
 */
export function createNvidiaInventory(smi: SmiRunner): GpuInventory {
  /** Those of `devices` that are in this host, each by its own answer. */
  async function askEach(devices: readonly GpuDevice[], signal: AbortSignal): Promise<GpuDevice[]> {
    const seen: GpuDevice[] = []
    for (const device of devices) {
      const itself = readOne(device, await smi.ask(device.uuid, signal))
      if (itself) seen.push(itself)
    }
    return seen
  }

  return {
    async list(known, signal) {
      const all = await smi.ask('all', signal)
      if (all.kind === 'no-driver') return { kind: 'devices', devices: [] }
      const listed = all.kind === 'ended' ? parseSmi(all.output) : []
      const isMissing = ({ uuid }: GpuDevice) => !listed.some((device) => device.uuid === uuid)
      if (all.kind === 'ended') {
        if (isAbsent(all.output)) return { kind: 'devices', devices: [] }
        if (all.exitCode === 0 && listed.length > 0) {
          const lost = blamesDevice(all.output) ? known.filter(isMissing) : []
          return { kind: 'devices', devices: [...listed, ...(await askEach(lost, signal))] }
        }
      }
      const asked = await askEach(known, signal)
      if (asked.every(({ fault }) => fault !== null && !blamesDevice(fault))) {
        return { kind: 'silent', reason: `The host's GPUs cannot be seen. ${reasonOf(all)}` }
      }
      const isNew = ({ uuid }: GpuDevice) => !known.some((device) => device.uuid === uuid)
      return { kind: 'devices', devices: [...asked, ...listed.filter(isNew)] }
    },
  }
}

/** What one device answered; undefined: it is not in this host. */
function readOne(device: GpuDevice, answer: SmiAnswer): GpuDevice | undefined {
  if (answer.kind === 'ended') {
    const seen = parseSmi(answer.output).find(({ uuid }) => uuid === device.uuid)
    // Asked alone it is the first; where it really is, its slot knows.
    if (answer.exitCode === 0 && seen) return { ...seen, index: device.index }
    if (isAbsent(answer.output)) return undefined
  }
  return { ...device, fault: reasonOf(answer) }
}

function reasonOf(answer: SmiAnswer): string {
  if (answer.kind === 'hung') return 'nvidia-smi did not answer in time.'
  if (answer.kind === 'refused') return `It cannot be given to a container: ${answer.reason}`
  if (answer.kind === 'no-driver') return 'The driver is not loaded.'
  return `nvidia-smi failed with code ${answer.exitCode}: ${complaintOf(answer.output)}`
}
