import type { NetworkInspectInfo } from 'dockerode'
import { describe, expect, test } from 'vitest'
import { bridgeOf, intrudersIn, resolversIn } from './bridge.ts'

function network(overrides: object = {}): NetworkInspectInfo {
  return {
    Id: '701e3d904785aaaa',
    Driver: 'bridge',
    IPAM: { Driver: 'default', Config: [{ Subnet: '172.30.0.0/24', Gateway: '172.30.0.1' }] },
    Options: { 'com.docker.network.bridge.name': 'mf-sessions' },
    ...overrides,
  } as unknown as NetworkInspectInfo
}

describe(bridgeOf, () => {
  test('knows the bridge, the subnet, and the fixed addresses in it', () => {
    expect(bridgeOf(network())).toEqual({
      name: 'mf-sessions',
      subnet: '172.30.0.0/24',
      gateway: '172.30.0.1',
      caddy: '172.30.0.2',
      api: '172.30.0.3',
    })
  })

  test('knows the name that Docker gives a bridge without one', () => {
    expect(bridgeOf(network({ Options: {} })).name).toBe('br-701e3d904785')
  })

  test.each([
    ['another driver', { Driver: 'overlay' }],
    ['no IPv4 subnet', { IPAM: { Config: [{ Subnet: 'fd00::/64' }] } }],
  ])('refuses a network with %s', (_note, overrides) => {
    expect(() => bridgeOf(network(overrides))).toThrow('not an IPv4 bridge')
  })
})

describe(resolversIn, () => {
  test('lists IPv4 name servers once each, without loopback and IPv6', () => {
    const text = `# made by Docker
nameserver 10.0.0.53
nameserver 127.0.0.53
  nameserver 10.0.0.2
nameserver fd00::1
nameserver 10.0.0.53
options ndots:0`
    expect(resolversIn(text)).toEqual(['10.0.0.2', '10.0.0.53'])
  })

  test('takes nothing for an address that is none', () => {
    expect(resolversIn('nameserver 10.0.0.1;reboot\nnameserver')).toEqual([])
  })
})

describe(intrudersIn, () => {
  const on = (Name: string, address: string) => ({ Name, IPv4Address: `${address}/24` })

  test('finds nobody where the edge has its addresses, or has left them free', () => {
    const Containers = {
      a: on('medforge-caddy', '172.30.0.2'),
      b: on('medforge-api', '172.30.0.3'),
      c: on('mf-session-abcdefgh', '172.30.0.130'),
    }
    expect(intrudersIn(network({ Containers }))).toEqual([])
    expect(intrudersIn(network())).toEqual([])
  })

  test.each(['172.30.0.2', '172.30.0.3'])('names who sits at %s instead', (address) => {
    expect(intrudersIn(network({ Containers: { a: on('stranger', address) } }))).toEqual([
      'stranger',
    ])
  })
})
