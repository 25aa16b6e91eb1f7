import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const ADDRESS_MODE = '/proc/sys/net/ipv6/conf/default/addr_gen_mode'
/** Make no address for a link by itself; links that exist keep what they have. */
const NONE = '1'

/**
 * Let the links of new containers appear without an IPv6 address of their own on the host's side.
 *
 * A browser on this machine gives up everything that it is loading when an address appears anywhere (ERR_NETWORK_CHANGED), and Linux
 * gives each new link one a second or two after a launch: just when the IDE's page loads. Holds until the next boot.
 *
 * @returns whether something was changed
 */
export function keepNewLinksQuiet(file: string = ADDRESS_MODE): boolean {
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() === NONE) return false
  writeFileSync(file, NONE)
  return true
}
