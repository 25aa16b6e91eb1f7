import type { GpuMode } from '@medforge/contracts'
import { plural } from './format.ts'

/** On a host without GPUs every name has `simulated` in it. */
export function gpuName(gpuId: number, mode: GpuMode): string {
  return mode === 'simulated' ? `GPU ${gpuId} (simulated)` : `GPU ${gpuId}`
}

export function gpuCount(count: number, mode: GpuMode): string {
  return mode === 'simulated' ? plural(count, 'simulated GPU') : plural(count, 'GPU')
}

/** A sentence of ours about GPUs, adapted to this host. */
export function nameGpus(sentence: string, mode: GpuMode): string {
  return mode === 'simulated'
    ? sentence.replace(/(?<!simulated )\bGPU/g, 'simulated GPU')
    : sentence
}
