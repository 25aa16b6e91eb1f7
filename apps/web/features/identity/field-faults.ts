import type { ProblemItem } from '@medforge/contracts'

/** What is wrong with each field of a form, from the places that a problem names; the first fault of a field counts. */
export function fieldFaults(errors: readonly ProblemItem[]): Record<string, string> {
  const faults: Record<string, string> = {}
  for (const { loc, msg } of errors) {
    const [source, field] = loc
    if (source === 'body' && typeof field === 'string') faults[field] ??= msg
  }
  return faults
}
