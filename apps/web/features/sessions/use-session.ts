'use client'

import { isActiveStatus, type Session } from '@medforge/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { hasNoResponse, retryWrite } from '../../lib/api/failure.ts'
import { STATUS_KEY } from '../../lib/api/status-query.ts'
import { sessionKeys, shownSessionQuery } from './queries.ts'

export type LaunchAction = { run: () => void; isPending: boolean; error: Error | null }
export type StopAction = {
  run: (session: Session) => void
  isPending: boolean
  error: Error | null
}

/** The session that the dashboard shows and its actions; `invalidate` has everything about sessions read again. */
export function useSession() {
  const client = useApi()
  const queryClient = useQueryClient()
  const shown = useQuery(shownSessionQuery(client))
  const invalidate = useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: sessionKeys.all })
    void queryClient.invalidateQueries({ queryKey: STATUS_KEY })
  }, [queryClient])

  // The poll may see a change that the event stream missed, and the history shows it too.
  const status = shown.data?.status
  useEffect(() => {
    if (status) void queryClient.invalidateQueries({ queryKey: sessionKeys.history })
  }, [status, queryClient])

  const launching = useMutation({
    mutationFn: () => client.launchSession(),
    onSuccess: ({ session }) => queryClient.setQueryData(sessionKeys.shown, session),
    onSettled: invalidate,
  })
  const stopping = useMutation({
    mutationFn: (session: Session) => client.stopSession(session.id),
    retry: retryWrite,
    onMutate: () => launching.reset(),
    onSettled: invalidate,
  })

  const session = shown.data ?? null
  const isActive = session !== null && isActiveStatus(session.status)
  const launch: LaunchAction = {
    run: () => launching.mutate(),
    isPending: launching.isPending,
    // A lost response is no failure once the session itself is seen.
    error: hasNoResponse(launching.error) && isActive ? null : launching.error,
  }
  const stop: StopAction = {
    run: (session) => stopping.mutate(session),
    isPending: stopping.isPending,
    error: stopping.error,
  }
  return { session, isActive, readError: shown.error, invalidate, launch, stop }
}
