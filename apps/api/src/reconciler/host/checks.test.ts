import { expect, test } from 'vitest'
import { connectionsCheck } from './checks.ts'
import { createHostState } from './state.ts'

test.each([
  ['are not known', null, null],
  ['leave room', { count: 209_715, max: 262_144 }, null],
  [
    'fill four fifths',
    { count: 209_716, max: 262_144 },
    "The host's table of connections is 80 % full.",
  ],
])('connections that %s are reported so', async (_note, tracked, text) => {
  const { run } = connectionsCheck({ trackedConnections: () => tracked })
  expect((await run(AbortSignal.timeout(1_000), createHostState()))?.text ?? null).toBe(text)
})
