import { describe, expect, test } from 'vitest'
import { childEnvironment, nextRestart, relayOf } from './supervision.ts'

const ENV = {
  PATH: '/usr/bin',
  DOMAIN: 'localhost',
  SESSION_SECRET: 'the key of the cookies',
  SERVER_DATABASE_URL: 'mysql://medforge_server:a@db/medforge',
  RECONCILER_DATABASE_URL: 'mysql://medforge_reconciler:b@db/medforge',
  DB_ADMIN_PASSWORD: 'c',
  API_IMAGE: 'api@sha256:1',
  AUTH_RATE_LIMIT: '10',
}

describe(childEnvironment, () => {
  test('gives the server its own database and nothing of the reconciler', () => {
    expect(childEnvironment('server', ENV)).toEqual({
      PATH: '/usr/bin',
      DOMAIN: 'localhost',
      SESSION_SECRET: 'the key of the cookies',
      DATABASE_URL: 'mysql://medforge_server:a@db/medforge',
      AUTH_RATE_LIMIT: '10',
    })
  })

  test('gives the reconciler its own database and no key of the cookies', () => {
    expect(childEnvironment('reconciler', ENV)).toEqual({
      PATH: '/usr/bin',
      DOMAIN: 'localhost',
      DATABASE_URL: 'mysql://medforge_reconciler:b@db/medforge',
      API_IMAGE: 'api@sha256:1',
    })
  })

  test('hands failpoints on to both', () => {
    const env = { MEDFORGE_FAILPOINTS: 'c3.dataset_created=kill', MEDFORGE_FAILPOINTS_DIR: '/x' }
    expect(childEnvironment('server', env)).toEqual(env)
    expect(childEnvironment('reconciler', env)).toEqual(env)
  })

  test('hands a database on as a file where it is given as one', () => {
    const env = { SERVER_DATABASE_URL_FILE: '/run/secrets/server' }
    expect(childEnvironment('server', env)).toEqual({ DATABASE_URL_FILE: '/run/secrets/server' })
    expect(childEnvironment('reconciler', env)).toEqual({})
  })
})

describe(relayOf, () => {
  test('passes a nudge to the reconciler and a change to the server', () => {
    const session_id = 'a2c4'
    expect(relayOf('server', { type: 'nudge', session_id, extra: 1 })).toEqual({
      to: 'reconciler',
      message: { type: 'nudge', session_id },
    })
    expect(relayOf('reconciler', { type: 'changed', session_id })).toEqual({
      to: 'server',
      message: { type: 'changed', session_id },
    })
  })

  test('passes a flush to the server and its answer to the reconciler', () => {
    const request_id = 'b7e9'
    expect(relayOf('reconciler', { type: 'flush', request_id, session_id: 'a' })).toEqual({
      to: 'server',
      message: { type: 'flush', request_id },
    })
    expect(relayOf('server', { type: 'flushed', request_id })).toEqual({
      to: 'reconciler',
      message: { type: 'flushed', request_id },
    })
  })

  test.each([
    null,
    'nudge',
    {},
    { type: 'changed', session_id: 'a' },
    { type: 'flush', request_id: 'a' },
    { type: 'flushed', session_id: 'a' },
    { type: 'toString', session_id: 'a' },
    { type: 'nudge' },
    { type: 'nudge', session_id: 7 },
    { type: 'nudge', session_id: 'x'.repeat(65) },
  ])('drops %j from the server', (message) => {
    expect(relayOf('server', message)).toBeNull()
  })
})

describe(nextRestart, () => {
  test('waits longer after each quick death, up to half a minute', () => {
    let deaths = 0
    const delays = Array.from({ length: 9 }, () => {
      const next = nextRestart(deaths, 100)
      deaths = next.deaths
      return next.delayMs
    })
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  test('starts over after a life of a minute', () => {
    expect(nextRestart(8, 60_000)).toEqual({ deaths: 1, delayMs: 500 })
  })
})
