import { isIPv4 } from 'node:net'
import type { NetworkInspectInfo } from 'dockerode'

/** The sessions' network as the host sees it. */
export type BridgeNetwork = {
  /** Name of the bridge interface. */
  name: string
  subnet: string
  /** The one address that may open connections to sessions: always the second of the subnet. */
  caddy: string
  /** The host on this bridge, and the API. */
  gateway: string
  api: string
}

const BRIDGE_NAME_OPTION = 'com.docker.network.bridge.name'

/** @throws Error when this is no IPv4 bridge network */
export function bridgeOf(info: NetworkInspectInfo): BridgeNetwork {
  const subnet = info.IPAM?.Config?.find((config) => config.Subnet?.includes('.'))?.Subnet
  if (info.Driver !== 'bridge' || !subnet) {
    throw new Error('The sessions network is not an IPv4 bridge.')
  }
  return {
    name: info.Options?.[BRIDGE_NAME_OPTION] ?? `br-${info.Id.slice(0, 12)}`,
    subnet,
    gateway: addressIn(subnet, 1),
    caddy: addressIn(subnet, 2),
    api: addressIn(subnet, 3),
  }
}

/** Names of the two containers that alone may have the edge's addresses. */
const EDGE_CONTAINERS = { caddy: 'medforge-caddy', api: 'medforge-api' } as const

/** Names of containers that sit on the address of Caddy or of the API and are not they. The firewall trusts Caddy's address. */
export function intrudersIn(info: NetworkInspectInfo): string[] {
  const bridge = bridgeOf(info)
  const owners = new Map<string, string>([
    [bridge.caddy, EDGE_CONTAINERS.caddy],
    [bridge.api, EDGE_CONTAINERS.api],
  ])
  return Object.values(info.Containers ?? {}).flatMap(({ Name, IPv4Address }) => {
    const owner = owners.get(IPv4Address.split('/')[0] ?? '')
    return owner === undefined || owner === Name ? [] : [Name]
  })
}

/** The IPv4 name servers of a resolv.conf, loopback ones left out (Docker asks those itself, from the host). */
export function resolversIn(resolvConf: string): string[] {
  const addresses = resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIPv4(address) && !address.startsWith('127.'))
  return [...new Set(addresses)].toSorted()
}

function addressIn(subnet: string, offset: number): string {
  const [network = ''] = subnet.split('/')
  const value = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + offset
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
