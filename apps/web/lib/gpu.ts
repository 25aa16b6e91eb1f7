import type { GpuMode } from '@medforge/contracts'
import { plural } from './format.ts'

/** Wherever a GPU is named on a host without any, its name says that it is simulated. */
export function gpuName(gpuId: number, mode: GpuMode): string {
  return mode === 'simulated' ? `GPU ${gpuId} (simulated)` : `GPU ${gpuId}`
}

export function gpuCount(count: number, mode: GpuMode): string {
  return mode === 'simulated' ? plural(count, 'simulated GPU') : plural(count, 'GPU')
}
