import { ApiError, UnexpectedResponseError } from '@medforge/client'
import { PROBLEMS, type Problem, problemCode } from '@medforge/contracts'
import { describe, expect, test, vi } from 'vitest'
import { ADVISED_CODES, explain, faultText, needsLogin, retryRead, retryWrite } from './failure.ts'

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

  test('keeps method, path and status of another answer for whoever repairs it, in small print', () => {
    const error = new UnexpectedResponseError('POST', '/api/v1/auth/signup', 404)
    expect(explain(error).technical).toBe('POST /api/v1/auth/signup failed: 404')
    expect(explain(error).detail).not.toContain('/api/')
  })

  test('distinguishes no response from a wrong one', () => {
    const silent = explain(new UnexpectedResponseError('GET', '/api/v1/me', 'no answer'))
    expect(silent.title).toBe('MedForge’s API did not answer')
  })

  test('tells a browser that is offline from an API that does not answer', () => {
    vi.stubGlobal('navigator', { onLine: false })
    const offline = explain(new UnexpectedResponseError('GET', '/api/v1/me', 'no answer'))
    vi.unstubAllGlobals()
    expect(offline).toMatchObject({ title: 'This browser is offline', technical: null })
  })

  test('turns a schema’s faults into sentences about the fields', () => {
    const errors = [
      { loc: ['body', 'max_uses'], msg: 'must be >= 1', type: 'value_error.minimum' },
      { loc: ['body', 'email'], msg: 'is not an email address', type: 'value_error.email' },
    ]
    const detail = 'The request is not valid: body.max_uses must be >= 1 (and 1 more, see errors).'
    const refused = refusal({ status: 422, code: 'request_validation_failed', detail, errors })
    expect(explain(refused).detail).toBe(
      'Max uses: This number is too small. Email: This is not an email address.',
    )
  })

  test('has the wait of a rate limit as a number, and no second time in words', () => {
    const detail = 'Too many attempts. Try again in 42 s.'
    expect(explain(refusal({ code: 'rate_limit_exceeded', detail }, 42))).toMatchObject({
      detail: 'Too many attempts.',
      advice: null,
      retryAfterSeconds: 42,
    })
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

describe(faultText, () => {
  test.each([
    ['This is needed.', 'is required', 'value_error.missing'],
    ['This is too long.', 'must NOT have more than 40 characters', 'value_error.maxLength'],
    ['This is taken, or looks like one that is.', 'is taken, or looks like one that is', 'x'],
    ['Too short.', 'Too short.', 'x'],
  ])('says "%s"', (text, msg, type) => expect(faultText({ msg, type })).toBe(text))
})
