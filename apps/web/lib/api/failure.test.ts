import { ApiError, UnexpectedAnswerError } from '@medforge/client'
import { PROBLEMS, type Problem, problemCode } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { ADVISED_CODES, explain, needsLogin, retryUnanswered, shouldRetry } from './failure.ts'

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
  test('keeps the words of the API and adds what to do', () => {
    expect(explain(refusal({}))).toMatchObject({
      title: 'No GPU is free',
      detail: 'No GPUs available.',
      advice: expect.stringContaining('Launch again'),
    })
  })

  test('does not tell a person of a session that they may not have', () => {
    const none = explain(refusal({ code: 'concurrent_limit_reached' }))
    expect(`${none.title} ${none.advice ?? ''}`).not.toMatch(/already|stop|running/i)
  })

  test('promises no score for a file that was not taken', () => {
    const { advice } = explain(refusal({ status: 503, code: 'holdout_unavailable' }))
    expect(advice).toContain('nothing was counted')
    expect(advice).toContain('submit again')
  })

  test('gives the request number where the operator must look, and only there', () => {
    expect(explain(refusal({ status: 500, code: 'internal_error' })).requestId).toBe('r-1')
    expect(explain(refusal({})).requestId).toBeNull()
  })

  test('shows method, path and status when something else than our API answered', () => {
    const error = new UnexpectedAnswerError('POST', '/api/v1/auth/signup', 404)
    expect(explain(error).detail).toBe('POST /api/v1/auth/signup failed: 404')
  })

  test('tells silence from a wrong answer', () => {
    const silent = explain(new UnexpectedAnswerError('GET', '/api/v1/me', 'no answer'))
    expect(silent.title).toBe('MedForge’s API did not answer')
  })

  test('says when a rate limit ends', () => {
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

test('only a missing login asks for one', () => {
  expect(needsLogin(explain(refusal({ code: 'authentication_required' })))).toBe(true)
  expect(needsLogin(explain(refusal({ code: 'session_access_denied' })))).toBe(false)
})

describe(shouldRetry, () => {
  test('takes a refusal as an answer', () => {
    expect(shouldRetry(0, refusal({ status: 404 }))).toBe(false)
  })
  test('tries again when a part was away, but not for ever', () => {
    expect(shouldRetry(0, refusal({ status: 503 }))).toBe(true)
    expect(shouldRetry(2, refusal({ status: 503 }))).toBe(false)
  })
})

describe(retryUnanswered, () => {
  const silence = new UnexpectedAnswerError('POST', '/api/v1/sessions/x/stop', 'no answer')
  test('sends a write again when no answer came, but not for ever', () => {
    expect(retryUnanswered(0, silence)).toBe(true)
    expect(retryUnanswered(2, silence)).toBe(false)
  })
  test('takes any answer as the answer', () => {
    expect(retryUnanswered(0, refusal({ status: 503 }))).toBe(false)
    expect(retryUnanswered(0, new UnexpectedAnswerError('POST', '/x', 502))).toBe(false)
  })
})
