'use client'

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'

/** A browser's clock may be wrong by minutes; smaller differences are the time a page needs to load. */
const TRUSTED_SKEW_MS = 5_000

type ServerClock = { renderedAt: number; offset: () => number }

const ServerClockContext = createContext<ServerClock | null>(null)

/**
 * Lets every component tell the server's time.
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
 * The server's time in milliseconds since the epoch, renewed every `intervalMs`.
 * While a page hydrates it is the time at which the server rendered it, so both agree.
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

const never = () => () => {}

/** False on the server and for the first render of what it sent, true from then on. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}
