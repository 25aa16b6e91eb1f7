'use client'

import { isActiveStatus, type Session } from '@medforge/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { isUnanswered, retryUnanswered } from '../../lib/api/failure.ts'
import { STATUS_KEY } from '../../lib/api/status-query.ts'
import { sessionKeys, shownSessionQuery } from './queries.ts'

export type LaunchAction = { run: () => void; isPending: boolean; error: Error | null }
export type StopAction = {
  run: (session: Session) => void
  isPending: boolean
  error: Error | null
}

/** The session that the panel speaks about, what one can do to it, and `renew` to read everything about sessions again. */
export function useSession() {
  const client = useApi()
  const queryClient = useQueryClient()
  const shown = useQuery(shownSessionQuery(client))
  const renew = useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: sessionKeys.all })
    void queryClient.invalidateQueries({ queryKey: STATUS_KEY })
  }, [queryClient])

  // A change that only the poll has seen must reach the history too.
  const status = shown.data?.status
  useEffect(() => {
    if (status) void queryClient.invalidateQueries({ queryKey: sessionKeys.history })
  }, [status, queryClient])

  const launching = useMutation({
    mutationFn: () => client.launchSession(),
    onSuccess: ({ session }) => queryClient.setQueryData(sessionKeys.shown, session),
    onSettled: renew,
  })
  const stopping = useMutation({
    mutationFn: (session: Session) => client.stopSession(session.id),
    retry: retryUnanswered,
    onMutate: () => launching.reset(),
    onSettled: renew,
  })

  const session = shown.data ?? null
  const isActive = session !== null && isActiveStatus(session.status)
  const launch: LaunchAction = {
    run: () => launching.mutate(),
    isPending: launching.isPending,
    // A lost answer is no failure once the session itself is seen.
    error: isUnanswered(launching.error) && isActive ? null : launching.error,
  }
  const stop: StopAction = {
    run: (session) => stopping.mutate(session),
    isPending: stopping.isPending,
    error: stopping.error,
  }
  return { session, isActive, readError: shown.error, renew, launch, stop }
}
