import { describe, expect, test } from 'vitest'
import { findAutomatic } from './datasets.ts'

describe(findAutomatic, () => {
  test('names the datasets below the root that a start of the host mounts, and no snapshot', () => {
    const listed = [
      'tank/w\ton',
      'tank/w/ada\ton',
      'tank/w/ada/one\tnoauto',
      'tank/w/ada/two\ton',
      'tank/w/ada/two@stop-1795472777000\t-',
      'tank/w/grace\toff',
      '',
    ].join('\n')
    expect(findAutomatic(listed, 'tank/w')).toEqual(['tank/w/ada', 'tank/w/ada/two'])
  })
})
