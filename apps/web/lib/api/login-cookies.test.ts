import { expect, test } from 'vitest'
import { rawCookieValues } from './login-cookies.ts'

test.each([
  { header: null, values: [] },
  { header: 'a=1', values: [] },
  { header: 'login=x', values: ['x'] },
  { header: 'login=x; a=1;login = y ', values: ['x', 'y'] },
  { header: 'login=x; login=x', values: ['x'] },
  { header: 'login=%41; login=A', values: ['%41', 'A'] },
  { header: 'xlogin=1; login; =login; login==a=b', values: ['=a=b'] },
  { header: 'login=', values: [''] },
])('hands on every login of $header, as it was sent', ({ header, values }) =>
  expect(rawCookieValues(header, 'login')).toEqual(values),
)
