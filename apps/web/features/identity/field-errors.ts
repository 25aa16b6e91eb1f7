import type { Failure } from '../../lib/api/failure.ts'

export type FieldErrors = Record<string, string>

/** What is wrong with each field of a form, by the locations that a failure names; the first error of a field counts. */
export function fieldErrors({ errors }: Pick<Failure, 'errors'>): FieldErrors {
  const byField: FieldErrors = {}
  for (const { loc, msg } of errors) {
    const [source, field] = loc
    if (source === 'body' && typeof field === 'string') byField[field] ??= msg
  }
  return byField
}
