import type { GpuMode } from '@medforge/contracts'
import { plural } from './format.ts'

/** Wherever a GPU is named on a host without any, its name says that it is simulated. */
export function gpuName(gpuId: number, mode: GpuMode): string {
  return mode === 'simulated' ? `GPU ${gpuId} (simulated)` : `GPU ${gpuId}`
}

export function gpuCount(count: number, mode: GpuMode): string {
  return mode === 'simulated' ? plural(count, 'simulated GPU') : plural(count, 'GPU')
}

/** A sentence of ours that names GPUs, as it must read on this host. */
export function nameGpus(sentence: string, mode: GpuMode): string {
  return mode === 'simulated'
    ? sentence.replace(/(?<!simulated )\bGPU/g, 'simulated GPU')
    : sentence
}
