import { HostRefusedError } from '@medforge/api/reconciler/host-error.ts'
import type { ContainerSpec } from '@medforge/api/reconciler/runtime/port.ts'
import type { SessionRow } from './evidence.ts'
import type { Scheduler } from './scheduler.ts'
import type { World } from './world.ts'

/** What people and fate do. */
export type Happening = { weight: number; name: string; happen(): void }

const FULL = new HostRefusedError('pool_full', 'The storage of this host is full.')
const REFUSED = new HostRefusedError('container_refused', 'Docker could not start the container.')
const HOUR_MS = 3_600_000

export function listHappenings(world: World, scheduler: Scheduler): readonly Happening[] {
  const { random } = scheduler
  const { docker, pool } = world

  /** Something breaks, and is right again after a while. */
  function breakFor(ms: number, setBroken: (isBroken: boolean) => void): void {
    setBroken(true)
    scheduler.after(random.next() * ms, null, 'right again', () => setBroken(false))
  }

  function withSession(act: (session: SessionRow) => void): void {
    const session = random.pick(world.sessions())
    if (session) act(session)
  }

  const containerOf = ({ slug }: SessionRow) => docker.containers.get(`mf-session-${slug}`)

  return [
    { weight: 8, name: 'launch', happen: () => world.launch(random.pick(world.people) ?? '') },
    { weight: 6, name: 'stop', happen: () => withSession(world.stop) },
    { weight: 2, name: 'server replaced', happen: () => world.replace('server') },
    { weight: 5, name: 'reconciler replaced', happen: () => world.replace('reconciler') },
    { weight: 1, name: 'database away', happen: () => breakFor(4_000, world.setDatabaseAway) },
    { weight: 2, name: 'Docker away', happen: () => breakFor(15_000, docker.setAway) },
    { weight: 2, name: 'pool away', happen: () => breakFor(15_000, pool.setAway) },
    {
      weight: 1,
      name: 'pool full',
      happen: () => breakFor(15_000, (isFull) => pool.refuse(isFull ? FULL : null)),
    },
    { weight: 1, name: 'start refused', happen: () => docker.refuseNextStart(REFUSED) },
    { weight: 1, name: 'IDE silent', happen: () => breakFor(25_000, world.setIdeSilent) },
    {
      weight: 2,
      name: 'container ends',
      happen: () =>
        withSession((session) => {
          if (containerOf(session)?.state === 'running') docker.end(session.slug)
        }),
    },
    {
      weight: 1,
      name: 'container vanishes',
      happen: () =>
        withSession((session) => {
          if (containerOf(session)) docker.vanish(session.slug)
        }),
    },
    {
      weight: 1,
      name: 'container made late',
      happen: () =>
        withSession((session) => {
          // Docker makes what was asked for and given up long ago; whoever asked starts it no more.
          const never = new AbortController().signal
          docker.start(specOf(session), never, () => new Promise(() => {})).catch(() => {})
        }),
    },
    {
      weight: 0.5,
      name: 'clock is set',
      happen: () => world.setClock(random.pick([-24 * HOUR_MS, -HOUR_MS, HOUR_MS]) ?? 0),
    },
  ]
}

function specOf({ id: sessionId, user_id: userId, slug, tier, gpu_id }: SessionRow): ContainerSpec {
  const gpu = { id: gpu_id, uuid: null }
  return { sessionId, userId, slug, tier, gpu, image: 'pack', workspacePath: '/', limits: {} }
}
