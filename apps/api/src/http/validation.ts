import type { ProblemItem } from '@medforge/contracts'
import type { FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { DomainError } from './domain-error.ts'

type Part = 'body' | 'params' | 'querystring'
type ValidationFailure = Error & {
  validation: FastifySchemaValidationError[]
  validationContext: Part | 'headers'
}

const PARTS: readonly Part[] = ['params', 'body', 'querystring']
const LOC_NAMES: Record<Part, string> = { body: 'body', params: 'path', querystring: 'query' }

export function isValidationFailure(error: unknown): error is ValidationFailure {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation)
}

/**
 * 422 with every fault of path, body and query at once: Fastify stops at the first part that fails, so the parts after it are looked
 * at here.
 */
export function describeValidation(
  failure: ValidationFailure,
  request: FastifyRequest,
): DomainError {
  const failed = failure.validationContext === 'headers' ? 'body' : failure.validationContext
  const items = PARTS.flatMap((part) =>
    itemsOf(part, part === failed ? failure.validation : validatePart(part, request)),
  )
  return invalidRequest(items)
}

/** 422 for faults that no schema can express. */
export function invalidRequest(errors: ProblemItem[]): DomainError {
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : ''
  const what = first ? `${first.loc.join('.')} ${first.msg}${more}` : 'it does not fit the schema'
  return new DomainError('request_validation_failed', {
    detail: `The request is not valid: ${what}.`,
    errors,
  })
}

function validatePart(part: Part, request: FastifyRequest): FastifySchemaValidationError[] {
  const validate = request.getValidationFunction(part)
  const value = { body: request.body, params: request.params, querystring: request.query }[part]
  if (!validate || validate(value)) return []
  return (validate.errors ?? []) as FastifySchemaValidationError[]
}

function itemsOf(part: Part, faults: FastifySchemaValidationError[]): ProblemItem[] {
  // A union reports each member that did not fit and then itself; the last covers them all.
  const unions = faults.filter(({ keyword }) => keyword === 'anyOf')
  const isMemberOf = (union: FastifySchemaValidationError, fault: FastifySchemaValidationError) =>
    fault.schemaPath.startsWith(`${union.schemaPath}/`)
  return faults
    .filter((fault) => !unions.some((union) => isMemberOf(union, fault)))
    .map((fault) => {
      const members = faults.filter((other) => isMemberOf(fault, other))
      const { loc, msg, type } = describeFault(fault, members)
      return { loc: [LOC_NAMES[part], ...loc], msg, type }
    })
}

function describeFault(
  fault: FastifySchemaValidationError,
  members: FastifySchemaValidationError[],
): ProblemItem {
  const loc = fault.instancePath.split('/').slice(1).map(unescapePointer)
  const { keyword, params, message = 'is not valid' } = fault
  if (keyword === 'required') {
    return {
      loc: [...loc, String(params.missingProperty)],
      msg: 'is required',
      type: 'value_error.missing',
    }
  }
  if (keyword === 'type') {
    return {
      loc,
      msg: `must be ${article(String(params.type))}`,
      type: `type_error.${params.type}`,
    }
  }
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).join(', ')
    return { loc, msg: `must be one of: ${allowed}`, type: 'value_error.enum' }
  }
  if (keyword === 'anyOf' && members.every((member) => member.keyword === 'required')) {
    const fields = members.map((member) => member.params.missingProperty).join(', ')
    return { loc, msg: `needs at least one of: ${fields}`, type: 'value_error.missing' }
  }
  if (keyword === 'anyOf')
    return { loc, msg: 'has none of the allowed forms', type: 'value_error.any_of' }
  if (keyword === 'pattern')
    return { loc, msg: 'does not have the expected form', type: 'value_error.pattern' }
  return { loc, msg: message, type: `value_error.${keyword}` }
}

function article(type: string): string {
  if (type === 'null') return 'null'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function unescapePointer(segment: string): string | number {
  const text = segment.replaceAll('~1', '/').replaceAll('~0', '~')
  return /^\d+$/.test(text) ? Number(text) : text
}
