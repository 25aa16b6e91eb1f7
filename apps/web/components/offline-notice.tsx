'use client'

import { useSyncExternalStore } from 'react'

/** Under the header while the browser takes itself for offline; what is shown may be old then. */
export function OfflineNotice() {
  const isOnline = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  )
  return (
    <p
      aria-live="polite"
      className="bg-warn-soft px-4 text-center text-sm text-warn not-empty:py-2"
    >
      {isOnline
        ? ''
        : 'This browser is offline. What you see may be old; it is read again by itself.'}
    </p>
  )
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('online', onChange)
  window.addEventListener('offline', onChange)
  return () => {
    window.removeEventListener('online', onChange)
    window.removeEventListener('offline', onChange)
  }
}
