import { describe, expect, test } from 'vitest'
import { cookieValues } from './cookies.ts'

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
  ])('finds $values in $header', ({ header, values }) => {
    expect(cookieValues(header, 'a')).toEqual(values)
  })
})
