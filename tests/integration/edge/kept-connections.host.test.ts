import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allow, valuesOf } from './backend.ts'
import { type Edge, SESSION, startEdge } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

describe('asking the API', () => {
  test('wants an answer without a body, so that the connection can be used again', async () => {
    edge.api.reply = (asked) => ({ ...allow(asked), body: '' })
    const answer = await edge.ask({ host: SESSION, headers: { prefer: 'respond-async' } })
    expect(answer.status).toBe(200)
    expect(valuesOf(edge.api.seen[0], 'prefer')).toEqual(['return=minimal'])
    expect(valuesOf(edge.session.seen[0], 'prefer')).toEqual(['respond-async'])
  })
})
