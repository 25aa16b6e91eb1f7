import { run } from '../process.ts'

export type GpuMode = 'nvidia' | 'simulated'

/** How many NVIDIA GPUs the host's driver reports; 0 without a driver. */
export async function countGpus(): Promise<number> {
  const list = await run('nvidia-smi', ['-L'], { timeoutMs: 20_000 })
  return list.ok ? list.stdout.split('\n').filter((line) => /^GPU \d+:/.test(line)).length : 0
}

/**
 * The mode to record. A recorded choice stands; simulation is chosen only for a trial host without hardware, because
 * on a real one a lost driver has to show as "No GPUs available."
 */
export function chooseGpuMode(facts: {
  recorded: string | undefined
  domain: string
  gpuCount: number
}): GpuMode {
  if (facts.recorded === 'nvidia' || facts.recorded === 'simulated') return facts.recorded
  return facts.gpuCount === 0 && facts.domain === 'localhost' ? 'simulated' : 'nvidia'
}
