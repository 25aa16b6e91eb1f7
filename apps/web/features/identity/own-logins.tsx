'use client'

import type { Login } from '@medforge/contracts'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'
import { LOGINS_KEY, loginsQuery } from './logins-query.ts'

export function OwnLogins() {
  const client = useApi()
  const logins = useInfiniteQuery(loginsQuery(client))
  const endOthers = useEnding(() => client.endOtherLogins())
  const shown = logins.data ?? []
  const hasOthers = shown.some((login) => !login.is_current)
  return (
    <Card aria-labelledby="own-logins">
      <CardHeader
        title="Where you are signed in"
        id="own-logins"
        aside={
          hasOthers ? (
            <ConfirmDialog
              trigger={
                <Button tone="danger" size="small" busy={endOthers.isPending}>
                  End all others
                </Button>
              }
              title="End all other logins?"
              confirmLabel="End them"
              cancelLabel="Keep them"
              onConfirm={() => endOthers.mutate()}
            >
              <p>Every other browser has to log in again. Sessions go on.</p>
            </ConfirmDialog>
          ) : null
        }
      />
      <ErrorNotice error={logins.error ?? endOthers.error} role="alert" className="m-5" />
      <ul aria-labelledby="own-logins" className="divide-y divide-line">
        {shown.map((login) => (
          <LoginRow key={login.id} login={login} />
        ))}
      </ul>
      <ShowOlder query={logins} items="logins" />
    </Card>
  )
}

function LoginRow({ login }: { login: Login }) {
  const client = useApi()
  const ending = useEnding(() => client.endLogin(login.id))
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-4 text-sm">
      <div className="min-w-0 space-y-1">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span>
            Signed in <TimeAgo at={login.created_at} />
          </span>
          {login.is_current ? <Badge tone="good">This browser</Badge> : null}
        </p>
        <p className="text-ink-muted">
          Last seen <TimeAgo at={login.last_seen_at} />
        </p>
        {ending.error ? <p className="text-bad">{explain(ending.error).detail}</p> : null}
      </div>
      {login.is_current ? null : (
        <Button tone="danger" size="small" busy={ending.isPending} onClick={() => ending.mutate()}>
          End
        </Button>
      )}
    </li>
  )
}

function useEnding(end: () => Promise<unknown>) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: end,
    onSettled: () => queryClient.invalidateQueries({ queryKey: LOGINS_KEY }),
  })
}
