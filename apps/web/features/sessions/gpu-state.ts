import type { AdminGpu } from '@medforge/contracts'

export type GpuState = { tone: 'good' | 'accent' | 'warn' | 'bad' | 'neutral'; text: string }

/** What an administrator reads first about a GPU: whether it can be handed out, and if not, why. */
export function gpuState(gpu: AdminGpu): GpuState {
  if (gpu.session) return { tone: 'accent', text: 'In use' }
  if (!gpu.is_enabled) return { tone: 'neutral', text: 'Disabled' }
  if (!gpu.is_present) return { tone: 'bad', text: 'Not present' }
  if (gpu.quarantine) return { tone: 'bad', text: 'Quarantine' }
  if (gpu.health !== 'healthy') return { tone: 'warn', text: 'Not known' }
  return { tone: 'good', text: 'Free' }
}

/** What is wrong with it, and what ends that; one sentence each. */
export function gpuNotes(gpu: AdminGpu): string[] {
  const notes: string[] = []
  if (!gpu.is_enabled) {
    notes.push(`Disabled: ${gpu.disabled_reason ?? 'no reason was given'}.`.replace(/\.\.$/, '.'))
  }
  if (gpu.session && !gpu.is_enabled)
    notes.push('The session that holds it goes on; no other gets it.')
  if (gpu.quarantine === 'fault') {
    notes.push(
      'It failed. Once you have seen to it, enable it; it comes back if the device answers.',
    )
  }
  if (gpu.quarantine === 'dirty') {
    notes.push('Something that is no session uses it. It comes back by itself once that has ended.')
  }
  if (gpu.health_reason) notes.push(gpu.health_reason)
  return notes
}
