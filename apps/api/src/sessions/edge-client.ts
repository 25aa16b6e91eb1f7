import { isIP } from 'node:net'

/** Set by the edge on its question: the client's end of the connection and the protocol on it, such as `203.0.113.7:51324 HTTP/2.0`. */
export const EDGE_CLIENT_HEADER = 'x-medforge-client'

export type EdgeClient = {
  /** `address:port`, an IPv6 address in brackets. Names one connection while it lasts; a later one may have the same. */
  client: string
  /** Several requests at once: an earlier one may go on when the next one comes. */
  isMultiplexed: boolean
}

const CLAIM = /^(?:([\d.]{7,15})|\[([\da-f:.]{2,45})\]):(\d{1,5}) HTTP\/(\d)\.\d$/

/** @returns undefined for anything that does not name a connection */
export function parseEdgeClient(header: string | undefined): EdgeClient | undefined {
  const [, v4, v6, port, version] = CLAIM.exec(header ?? '') ?? []
  const address = v4 ?? v6
  if (address === undefined || isIP(address) === 0 || Number(port) > 65_535) return undefined
  return {
    client: `${v4 ?? `[${v6}]`}:${Number(port)}`,
    isMultiplexed: version !== '1',
  }
}
