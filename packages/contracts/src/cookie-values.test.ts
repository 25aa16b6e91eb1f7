import { describe, expect, test } from 'vitest'
import { cookieValues } from './cookie-values.ts'

describe(cookieValues, () => {
  test.each([
    { header: undefined, values: [] },
    { header: '', values: [] },
    { header: 'a=1', values: ['1'] },
    { header: ' a = 1 ;b=2', values: ['1'] },
    { header: 'a=1; a=1', values: ['1'] },
    { header: 'a=1; b=3; a=2', values: ['1', '2'] },
    { header: 'a=1;a=;', values: ['1', ''] },
    { header: 'A=1; aa=2; =3; a', values: [] },
    { header: 'a=x=y; b="a=9"', values: ['x=y'] },
    { header: '\t a \t=\t 1 2 \t;', values: ['1 2'] },
    { header: '\xa0a=1; a\xa0=2; \x0ba=3; \ufeffa=4; \u2000a=5; \x0ca=6', values: [] },
    { header: 'a=\xa01\xa0', values: ['\xa01\xa0'] },
    { header: 'a=%41; a=A', values: ['%41', 'A'] },
  ])('finds $values in $header', ({ header, values }) => {
    expect(cookieValues(header, ['a'])).toEqual({ a: values })
  })

  test('finds the values of several names, and of no other', () => {
    const header = 'a=1; b=2; constructor=3; a=4; __proto__=5'
    expect(cookieValues(header, ['a', 'b', 'c'])).toEqual({ a: ['1', '4'], b: ['2'], c: [] })
  })
})
