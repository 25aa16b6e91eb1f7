import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { preferredWaitSeconds } from './prefer.ts'

test.each([
  [undefined, 10],
  ['wait=0', 0],
  ['wait=3', 3],
  ['respond-async, wait = 7; x=1', 7],
  ['wait=60', 10],
  ['wait=-1', 10],
  ['wait=1.5', 10],
  ['await=2', 10],
])('Prefer: %s asks for %i of ten seconds', (prefer, seconds) => {
  const request = { headers: prefer === undefined ? {} : { prefer } } as unknown as FastifyRequest
  expect(preferredWaitSeconds(request, 10)).toBe(seconds)
})
