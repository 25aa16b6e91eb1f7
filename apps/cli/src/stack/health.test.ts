import { describe, expect, test } from 'vitest'
import { judgeHealth } from './health.ts'

const LOW = 'The storage of this host is nearly full.'
const MISSING = 'The sessions firewall is not in place.'
const bodyOf = (data: object) => JSON.stringify({ data, meta: {} })

describe(judgeHealth, () => {
  test.each([
    { note: 'healthy', status: 200, body: bodyOf({ status: 'ok' }) },
    {
      note: 'one that repairs itself',
      status: 503,
      body: bodyOf({ status: 'degraded', reasons: [MISSING] }),
    },
    {
      note: 'one of each kind',
      status: 503,
      body: bodyOf({ status: 'degraded', reasons: [LOW, MISSING], operator_reasons: [LOW] }),
    },
    {
      note: 'degraded without a reason',
      status: 503,
      body: bodyOf({ status: 'degraded', reasons: [], operator_reasons: [] }),
    },
    { note: 'a refusal', status: 503, body: JSON.stringify({ detail: 'Not yet.' }) },
    { note: 'no JSON', status: 502, body: '<html>' },
  ])('has no warnings where the answer is $note', ({ status, body }) => {
    expect(judgeHealth(status, body)).toEqual({
      ok: status === 200,
      detail: expect.any(String),
    })
  })

  test('warns of what only the operator can end, where nothing else is wrong', () => {
    const health = { status: 'degraded', reasons: [LOW], operator_reasons: [LOW] }
    expect(judgeHealth(503, bodyOf(health))).toEqual({
      ok: false,
      detail: `degraded; ${LOW}`,
      warnings: [LOW],
    })
  })
})
