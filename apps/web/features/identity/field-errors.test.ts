import { expect, test } from 'vitest'
import { fieldErrors } from './field-errors.ts'

test('the first error of each field of the body is kept', () => {
  const item = (loc: (string | number)[], msg: string) => ({ loc, msg, type: 'value_error' })
  expect(
    fieldErrors({
      errors: [
        item(['body', 'email'], 'No @.'),
        item(['body', 'email'], 'Too long.'),
        item(['body', 'password'], 'Too short.'),
        item(['query', 'limit'], 'Not ours.'),
        item(['body'], 'No field.'),
      ],
    }),
  ).toEqual({ email: 'No @.', password: 'Too short.' })
})
