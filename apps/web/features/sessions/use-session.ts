'use client'

import { isActiveStatus, type Session } from '@medforge/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { retryWrite } from '../../lib/api/failure.ts'
import { STATUS_KEY } from '../../lib/api/status-query.ts'
import { oneSessionQuery, sessionKeys, shownSessionQuery } from './queries.ts'

export type LaunchAction = { run: () => void; isPending: boolean; error: Error | null }
export type StopAction = {
  run: (session: Pick<Session, 'id'>) => void
  isPending: boolean
  error: Error | null
  /** What the API said to the last one. */
  message: string | null
}

/** Has everything about sessions read again. */
function useInvalidate(): () => void {
  const queryClient = useQueryClient()
  return useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: sessionKeys.all })
    void queryClient.invalidateQueries({ queryKey: STATUS_KEY })
  }, [queryClient])
}

/** The stop of a session. */
export function useStop(onStop?: () => void): StopAction {
  const client = useApi()
  const stopping = useMutation({
    mutationFn: (session: Pick<Session, 'id'>) => client.stopSession(session.id),
    retry: retryWrite,
    onMutate: () => onStop?.(),
    onSettled: useInvalidate(),
  })
  return {
    run: (session) => stopping.mutate(session),
    isPending: stopping.isPending,
    error: stopping.error,
    message: stopping.data?.message ?? null,
  }
}

/** One session, whoever's it is, its stop, and `invalidate` as in `useSession`. */
export function useOneSession(id: string) {
  const { data: session, error: readError } = useQuery(oneSessionQuery(useApi(), id))
  return { session: session ?? null, readError, invalidate: useInvalidate(), stop: useStop() }
}

/** The session that the dashboard shows and its actions; `invalidate` has everything about sessions read again. */
export function useSession() {
  const client = useApi()
  const queryClient = useQueryClient()
  const shown = useQuery(shownSessionQuery(client))
  const invalidate = useInvalidate()

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
  const { reset } = launching
  const stop = useStop(reset)

  const session = shown.data ?? null
  const isActive = session !== null && isActiveStatus(session.status)

  // A launch that failed here is of no interest once there is a session: its response was lost, or another tab launched it.
  const isSettled = isActive && launching.isError
  useEffect(() => {
    if (isSettled) reset()
  }, [isSettled, reset])
  const launch: LaunchAction = {
    run: () => launching.mutate(),
    isPending: launching.isPending,
    error: isActive ? null : launching.error,
  }
  return { session, isActive, readError: shown.error, invalidate, launch, stop }
}
