'use client'

import type { Session } from '@medforge/contracts'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { currentSessionQuery, sessionHistoryQuery, sessionKeys } from './queries.ts'

export type LaunchAction = { run: () => void; isPending: boolean; error: Error | null }
export type StopAction = {
  run: (session: Session) => void
  isPending: boolean
  error: Error | null
}

/** The active session, else the newest one of the history: what the panel speaks about. */
export function useShownSession() {
  const client = useApi()
  const queryClient = useQueryClient()
  const current = useQuery(currentSessionQuery(client))
  const history = useInfiniteQuery(sessionHistoryQuery(client))
  const renew = useCallback(
    () => void queryClient.invalidateQueries({ queryKey: sessionKeys.all }),
    [queryClient],
  )

  // A change that only the poll has seen must reach the history too.
  const status = current.data?.status ?? null
  useEffect(() => {
    void status
    void queryClient.invalidateQueries({ queryKey: sessionKeys.history })
  }, [status, queryClient])

  const newest = history.data?.pages[0]?.items[0] ?? null
  return { session: current.data ?? newest, readError: current.error, renew }
}

export function useLaunch(renew: () => void): LaunchAction {
  const client = useApi()
  const queryClient = useQueryClient()
  const mutation = useMutation({
    mutationFn: () => client.launchSession(),
    onSuccess: ({ session }) => queryClient.setQueryData(sessionKeys.current, session),
    onSettled: renew,
  })
  return { run: () => mutation.mutate(), isPending: mutation.isPending, error: mutation.error }
}

export function useStop(renew: () => void): StopAction {
  const client = useApi()
  const mutation = useMutation({
    mutationFn: (session: Session) => client.stopSession(session.id),
    onSettled: renew,
  })
  return {
    run: (session) => mutation.mutate(session),
    isPending: mutation.isPending,
    error: mutation.error,
  }
}
