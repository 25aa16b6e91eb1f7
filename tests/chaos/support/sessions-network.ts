import { docker } from '../../support/installation.ts'

const NETWORK = 'medforge-public-sessions'

type Network = {
  Labels: Record<string, string>
  Options: Record<string, string>
  IPAM: { Config: { Subnet: string; IPRange: string }[] }
}
type Place = { IPAMConfig: { IPv4Address?: string } | null; Aliases: string[] | null }

/** Take the sessions' network away while `act` runs, and make it again as it was, with everything on it. No session may be running. */
export async function withoutSessionsNetwork(act: () => Promise<void>): Promise<void> {
  const [network] = JSON.parse(await docker('network', 'inspect', NETWORK)) as [Network]
  const places = await findPlaces()
  for (const [name] of places) await docker('network', 'disconnect', '--force', NETWORK, name)
  await docker('network', 'rm', NETWORK)
  try {
    await act()
  } finally {
    await createAgain(network)
    for (const [name, { IPAMConfig, Aliases }] of places) {
      const address = IPAMConfig?.IPv4Address
      const options = [
        ...(address ? ['--ip', address] : []),
        ...(Aliases ?? []).flatMap((alias) => ['--alias', alias]),
      ]
      await docker('network', 'connect', ...options, NETWORK, name)
    }
  }
}

/** Containers on it by name, those that do not run included. */
async function findPlaces(): Promise<[name: string, place: Place][]> {
  const ids = (await docker('ps', '--all', '--quiet')).split('\n').filter(Boolean)
  const containers = JSON.parse(await docker('inspect', ...ids)) as {
    Name: string
    NetworkSettings: { Networks: Record<string, Place> }
  }[]
  return containers.flatMap(({ Name, NetworkSettings }) => {
    const place = NetworkSettings.Networks[NETWORK]
    return place ? [[Name.slice(1), place] as [string, Place]] : []
  })
}

async function createAgain({ Labels, Options, IPAM }: Network): Promise<void> {
  const [pool] = IPAM.Config
  if (!pool) throw new Error('The sessions network has no addresses.')
  const pairs = (flag: string, map: Record<string, string>) =>
    Object.entries(map).flatMap(([key, value]) => [flag, `${key}=${value}`])
  const addresses = ['--subnet', pool.Subnet, '--ip-range', pool.IPRange]
  const settings = [...pairs('--opt', Options), ...pairs('--label', Labels), ...addresses]
  await docker('network', 'create', '--driver', 'bridge', ...settings, NETWORK)
}
