import { type Failure, faultText } from '../../lib/api/failure.ts'

export type FieldErrors = Record<string, string>

/** What is wrong with each field of a form, by the locations that a failure names; the first error of a field counts. */
export function fieldErrors({ errors }: Pick<Failure, 'errors'>): FieldErrors {
  const byField: FieldErrors = {}
  for (const item of errors) {
    const [source, field] = item.loc
    if (source === 'body' && typeof field === 'string') byField[field] ??= faultText(item)
  }
  return byField
}
