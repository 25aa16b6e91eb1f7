import { expect, inject, test } from 'vitest'
import { playHistories } from './history.ts'
import { describeFailure, measureRate } from './report.ts'

const seed = inject('seed')
const histories = inject('histories')

test(`every invariant holds at every step of ${histories} histories from seed ${seed} on`, {
  timeout: 60_000 + histories * 100,
}, async () => {
  const rate = measureRate()
  const { played, last } = await playHistories(seed, histories)
  console.log(rate(played))
  expect(await describeFailure(last)).toBeNull()
})

test('a history is the same again from its seed, whatever was played before it', async () => {
  const { last } = await playHistories(seed, 5)
  const options = { keepsTrace: true }
  const { last: again } = await playHistories(last.seed, 1, options)
  const { last: third } = await playHistories(last.seed, 1, options)
  expect(again.traceHash).toBe(last.traceHash)
  expect(third.trace).toEqual(again.trace)
  const { last: other } = await playHistories(last.seed + 1, 1)
  expect(other.traceHash).not.toBe(last.traceHash)
})
