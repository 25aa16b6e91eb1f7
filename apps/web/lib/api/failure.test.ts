import { ApiError, UnexpectedResponseError } from '@medforge/client'
import { PROBLEMS, type Problem, problemCode } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { ADVISED_CODES, explain, needsLogin, retryRead, retryWrite } from './failure.ts'

function refusal(fields: Partial<Problem>, retryAfterSeconds: number | null = null): ApiError {
  const problem: Problem = {
    type: 'https://medforge.dev/problems/x',
    title: 'X',
    status: 409,
    detail: 'No GPUs available.',
    instance: '/api/v1/sessions',
    code: 'no_gpu_available',
    request_id: 'r-1',
    ...fields,
  }
  return new ApiError(problem, retryAfterSeconds)
}

describe(explain, () => {
  test('keeps the detail of the problem and adds what to do', () => {
    expect(explain(refusal({}))).toMatchObject({
      title: 'No GPU is free',
      detail: 'No GPUs available.',
      advice: expect.stringContaining('Launch again'),
    })
  })

  test('does not reveal whether a person has a session', () => {
    const none = explain(refusal({ code: 'concurrent_limit_reached' }))
    expect(`${none.title} ${none.advice ?? ''}`).not.toMatch(/already|stop|running/i)
  })

  test('promises no score for a file that was not taken', () => {
    const { advice } = explain(refusal({ status: 503, code: 'holdout_unavailable' }))
    expect(advice).toContain('nothing was counted')
    expect(advice).toContain('submit again')
  })

  test('has the request id only where the operator has to look into the logs', () => {
    expect(explain(refusal({ status: 500, code: 'internal_error' })).requestId).toBe('r-1')
    expect(explain(refusal({})).requestId).toBeNull()
  })

  test('shows method, path and status when something else than our API answered', () => {
    const error = new UnexpectedResponseError('POST', '/api/v1/auth/signup', 404)
    expect(explain(error).detail).toBe('POST /api/v1/auth/signup failed: 404')
  })

  test('distinguishes no response from a wrong one', () => {
    const silent = explain(new UnexpectedResponseError('GET', '/api/v1/me', 'no answer'))
    expect(silent.title).toBe('MedForge’s API did not answer')
  })

  test('has the time at which a rate limit ends', () => {
    expect(explain(refusal({ code: 'rate_limit_exceeded' }, 42)).advice).toBe('Try again in 42 s.')
  })

  test('has a title for a code that it has never met', () => {
    expect(explain(refusal({ code: 'brand_new' })).title).toBe('That did not work')
  })

  test('gives advice only for codes that the catalogue knows', () => {
    const keys = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]
    expect(keys.map(problemCode)).toEqual(expect.arrayContaining([...ADVISED_CODES]))
  })
})

test('only a missing login leads to the log-in page', () => {
  expect(needsLogin(explain(refusal({ code: 'authentication_required' })))).toBe(true)
  expect(needsLogin(explain(refusal({ code: 'session_access_denied' })))).toBe(false)
})

describe(retryRead, () => {
  test('does not repeat what the API refused', () => {
    expect(retryRead(0, refusal({ status: 404 }))).toBe(false)
  })
  test('repeats what a part of the platform could not answer, twice', () => {
    expect(retryRead(0, refusal({ status: 503 }))).toBe(true)
    expect(retryRead(2, refusal({ status: 503 }))).toBe(false)
  })
})

describe(retryWrite, () => {
  const silence = new UnexpectedResponseError('POST', '/api/v1/sessions/x/stop', 'no answer')
  test('repeats a write without a response, twice', () => {
    expect(retryWrite(0, silence)).toBe(true)
    expect(retryWrite(2, silence)).toBe(false)
  })
  test('does not repeat a write with any response', () => {
    expect(retryWrite(0, refusal({ status: 503 }))).toBe(false)
    expect(retryWrite(0, new UnexpectedResponseError('POST', '/x', 502))).toBe(false)
  })
})
