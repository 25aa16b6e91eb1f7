import type { GpuDevice } from './inventory.ts'

/**
 * What is run where the devices are: the devices, a line of dashes, the programs that compute on them. Without the first there is no
 * second, and the exit code is nvidia-smi's own.
 */
export const SMI_COMMAND = [
  'sh',
  '-c',
  [
    'nvidia-smi --query-gpu=index,uuid,name,memory.used --format=csv,noheader,nounits "$@" || exit',
    'echo -----',
    'exec nvidia-smi --query-compute-apps=gpu_uuid,pid,used_gpu_memory --format=csv,noheader,nounits "$@"',
  ].join('\n'),
  'smi',
] as const

const UUID = /^GPU-[0-9a-f-]+$/i

/** The devices of an answer of `SMI_COMMAND`; lines that are not one are passed over. */
export function parseSmi(output: string): GpuDevice[] {
  const [list = '', apps = ''] = output.split(/^-----\r?$/m)
  const users = apps.split('\n').map(splitLine)
  return list.split('\n').flatMap((line) => {
    const fields = splitLine(line)
    const [index, uuid] = fields
    // A model may have a comma in its name; the amount of memory stands last.
    const memory = fields.at(-1)
    const model = fields.slice(2, -1).join(', ')
    if (!index || !/^\d+$/.test(index) || !uuid || !UUID.test(uuid)) return []
    if (memory === undefined || !model) return []
    const pids = users.flatMap(([of, pid]) => (of === uuid && pid ? [Number(pid)] : []))
    return [{ index: Number(index), uuid, model, ...readMemory(memory, model), pids }]
  })
}

/** The sentence in an answer that is no list of devices: what nvidia-smi complains about. */
export function complaintOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const complaint = lines.findLast((line) => line !== '' && parseSmi(line).length === 0)
  return (complaint ?? 'no output').slice(0, 200)
}

/** Whether an answer says that the device it was asked about is not in this host. */
export function isAbsent(output: string): boolean {
  return /no devices were found/i.test(output)
}

/** Whether an answer blames the device itself, and not the driver or the way to it. */
export function blamesDevice(output: string): boolean {
  // NVML that cannot be initialised at all is the driver's fault, whatever else the output blames.
  if (/failed to initialize nvml/i.test(output)) return false
  return /gpu is lost|fallen off the bus|requires reset|unknown error|\bERR!/i.test(output)
}

function splitLine(line: string): string[] {
  return line.split(',').map((field) => field.trim())
}

/** `4`, or in brackets why there is no figure: `[N/A]` and `[Not Supported]` are no fault, `[GPU is lost]` is. */
function readMemory(memory: string, model: string): Pick<GpuDevice, 'memoryUsedMib' | 'fault'> {
  const broken = [model, memory].find(blamesDevice)
  if (broken !== undefined) return { memoryUsedMib: null, fault: `nvidia-smi reports: ${broken}` }
  return { memoryUsedMib: /^\d+$/.test(memory) ? Number(memory) : null, fault: null }
}
