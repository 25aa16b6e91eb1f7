import { expect, test } from 'vitest'
import { parseStored } from './stored-durations.ts'

test.each([
  ['nothing', null, {}],
  ['what is no JSON', '{', {}],
  ['a bare value', 'null', {}],
  ['wrong values', '{"ready":900,"snapshot":"soon","workspace":-1}', { ready: 900 }],
])('of %s only positive numbers are kept', (_note, stored, durations) => {
  expect(parseStored(stored)).toEqual(durations)
})
