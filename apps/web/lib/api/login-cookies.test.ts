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
  { header: '\t login \t=\t x \t', values: ['x'] },
  { header: '\xa0login=1; login\xa0=2; \ufefflogin=3; \u2000login=4; \x0blogin=5', values: [] },
  { header: 'login=\xa0x', values: ['\xa0x'] },
])('hands on every login of $header, as it was sent', ({ header, values }) =>
  expect(rawCookieValues(header, 'login')).toEqual(values),
)
