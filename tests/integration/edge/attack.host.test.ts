import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as attackers from '../../support/attackers.ts'
import { API, type Edge, SESSION, startEdge, WEB } from './edge.ts'

/** One attacker's address; strangers come from another. */
const ATTACKER = '127.88.0.1'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

const attackedAs = (from: string) => ({
  address: edge.target.address,
  host: WEB,
  certificate: readFileSync(edge.target.certificate),
  from,
})

async function expectServed() {
  for (const host of [WEB, API, SESSION]) {
    for (const ask of [edge.ask, edge.askHttp2]) {
      expect((await ask({ host })).status, host).toBe(200)
    }
  }
  expect(edge.death()).toBeUndefined()
}

describe('an attacker with one address and the edge at its memory limit: others are answered', () => {
  test.each([
    { what: 'unfinished headers of 140,000 fields', send: attackers.sendTinyFields, count: 60 },
    { what: 'unfinished headers of 1 MB', send: attackers.sendLargeValue, count: 500 },
    { what: 'unfinished header blocks', send: attackers.sendIndexedFields, count: 500 },
    {
      what: 'a hundred answers unread on each connection',
      send: attackers.readNothing,
      count: 500,
    },
    { what: 'bodies without an end', send: attackers.sendSlowBodies, count: 500 },
    { what: 'connections kept alive', send: attackers.keepAlive, count: 500 },
  ])('while it sends $what', async ({ send, count }) => {
    edge.web.reply = () => ({ body: 'x'.repeat(200_000) })
    using attack = await send(attackedAs(ATTACKER), count)
    expect(attack.made).toBeGreaterThanOrEqual(count)
    await expectServed()
  })
})

test('an address has no more connections than the setting says, and others have theirs', async () => {
  using attack = await attackers.keepAlive(attackedAs(ATTACKER), 700)
  expect(attack.open()).toBe(512)
  await expectServed()
})

test('a connection whose requests are above the limit of its address ends, whatever else was asked on it', async () => {
  edge.web.reply = () => ({ body: 'x'.repeat(200_000) })
  using attack = await attackers.readNothing(attackedAs(ATTACKER), 200)
  // Six of them have the 512 requests that are under way.
  await expect.poll(() => attack.open(), { timeout: 20_000, interval: 250 }).toBeLessThan(50)
  await expectServed()
})

test.each([
  { protocol: 'HTTP/1.1', send: attackers.sendLargeValue },
  { protocol: 'HTTP/2', send: attackers.sendIndexedFields },
])('an unfinished header ends with its connection over $protocol', async ({ send }) => {
  using attack = await send(attackedAs(ATTACKER), 3)
  await expect.poll(() => attack.open(), { timeout: 20_000, interval: 250 }).toBe(0)
})
