'use client'

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'

/** Smaller differences are the time that the page took to load. */
const TRUSTED_SKEW_MS = 5_000

type ServerClock = { renderedAt: number; offset: () => number }

const ServerClockContext = createContext<ServerClock | null>(null)

/**
 * Provides the server's time, because a browser's clock may be wrong by minutes.
 * @param renderedAt  milliseconds since the epoch at which the server rendered the page
 */
export function ServerClockProvider(props: { renderedAt: number; children: ReactNode }) {
  const { renderedAt } = props
  const [clock] = useState<ServerClock>(() => {
    let offset: number | undefined
    return {
      renderedAt,
      offset() {
        if (offset === undefined) {
          const skew = renderedAt - Date.now()
          offset = Math.abs(skew) > TRUSTED_SKEW_MS ? skew : 0
        }
        return offset
      },
    }
  })
  return <ServerClockContext value={clock}>{props.children}</ServerClockContext>
}

/**
 * The server's time in milliseconds since the epoch, updated every `intervalMs`.
 * During hydration it is the time at which the server rendered the page, so that both render alike.
 */
export function useServerNow(intervalMs: number): number {
  const clock = useContext(ServerClockContext)
  if (clock === null) throw new Error('useServerNow needs a ServerClockProvider above it.')
  const [tick, setTick] = useState(0)
  const hydrated = useHydrated()
  useEffect(() => {
    const timer = setInterval(() => setTick((count) => count + 1), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  void tick
  return hydrated ? Date.now() + clock.offset() : clock.renderedAt
}

const subscribeToNothing = () => () => {}

/** False on the server and during hydration, true afterwards. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    subscribeToNothing,
    () => true,
    () => false,
  )
}
