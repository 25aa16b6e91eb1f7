import {
  API_VERSION,
  envelope,
  type Meta,
  PROBLEM_TYPE_PREFIX,
  PROBLEMS,
  Problem,
  type ProblemKey,
  problemCode,
} from '@medforge/contracts'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { expect } from 'vitest'
import type { Answer } from './https.ts'

/** The answer is a success in the platform's envelope, and its data fits the schema of the contract. */
export function expectData<Schema extends TSchema>(
  answer: Answer,
  status: number,
  schema: Schema,
): Static<Schema> {
  expect(answer, answer.text.slice(0, 500)).toMatchObject({ status })
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
  const body = answer.json() as { data: Static<Schema>; meta: Meta }
  expectSchema(envelope(schema), body)
  expect(Object.keys(body.meta).sort()).toEqual(
    ['api_version', 'has_more', 'limit', 'next_cursor', 'request_id', 'timestamp'].sort(),
  )
  expect(body.meta.api_version).toBe(API_VERSION)
  expect(body.meta.request_id).toBe(answer.headers['x-request-id'])
  return body.data
}

/** The answer is this problem of the catalogue, in every particular that the contract fixes. */
export function expectProblem(answer: Answer, key: ProblemKey, path?: string): Problem {
  const { status, suffix, title } = PROBLEMS[key]
  expect(answer, answer.text.slice(0, 500)).toMatchObject({ status })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/)
  const body = answer.json() as Problem
  expectSchema(Problem, body)
  expect(body).toMatchObject({
    type: `${PROBLEM_TYPE_PREFIX}${suffix}`,
    code: problemCode(key),
    title,
    status,
    request_id: answer.headers['x-request-id'],
  })
  if (path !== undefined) expect(body.instance).toBe(path)
  return body
}

function expectSchema(schema: TSchema, value: unknown): void {
  if (Value.Check(schema, value)) return
  const errors = Value.Errors(schema, value)
  expect.fail(`${JSON.stringify(errors).slice(0, 600)} in ${JSON.stringify(value).slice(0, 600)}`)
}
