import { describe, expect, test } from 'vitest'
import { findConflicts, overlaps, parseListeners } from './ports.ts'

const SS = [
  'LISTEN 0      4096       127.0.0.1:443        0.0.0.0:*    users:(("docker-proxy",pid=5021,fd=4))',
  'LISTEN 0      511          0.0.0.0:80         0.0.0.0:*    users:(("nginx",pid=77,fd=6),("nginx",pid=78,fd=6))',
  'LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=9,fd=3))',
  'LISTEN 0      128    127.0.0.53%lo:53         0.0.0.0:*    ',
  'LISTEN 0      128                *:5055             *:*    ',
].join('\n')

describe(parseListeners, () => {
  test('reads address, port and process of each line', () => {
    expect(parseListeners(SS)).toEqual([
      { address: '127.0.0.1', port: 443, pid: 5021, process: 'docker-proxy' },
      { address: '0.0.0.0', port: 80, pid: 77, process: 'nginx' },
      { address: '::', port: 22, pid: 9, process: 'sshd' },
      { address: '127.0.0.53', port: 53, pid: undefined, process: 'an unknown process' },
      { address: '*', port: 5055, pid: undefined, process: 'an unknown process' },
    ])
  })

  test('reads nothing from nothing', () => {
    expect(parseListeners('')).toEqual([])
  })
})

describe(overlaps, () => {
  test.each([
    { held: '0.0.0.0', wanted: '127.0.0.1', is: true },
    { held: '::', wanted: '127.0.0.1', is: true },
    { held: '127.0.0.1', wanted: '0.0.0.0', is: true },
    { held: '127.0.0.1', wanted: '127.0.0.1', is: true },
    { held: '10.0.0.1', wanted: '127.0.0.1', is: false },
  ])('$held against $wanted is $is', ({ held, wanted, is }) => {
    expect(overlaps(held, wanted)).toBe(is)
  })
})

describe(findConflicts, () => {
  const need = { address: '127.0.0.1', what: 'https', mine: () => false, remedy: 'Stop it.' }

  test('finds who holds a wanted port', () => {
    const [conflict] = findConflicts(parseListeners(SS), [{ ...need, port: 80 }])
    expect(conflict?.listener).toMatchObject({ process: 'nginx', pid: 77 })
  })

  test('passes a port that is held by ourselves, and one that is free', () => {
    const ours = { ...need, port: 443, mine: () => true }
    expect(findConflicts(parseListeners(SS), [ours, { ...need, port: 8443 }])).toEqual([])
  })
})
