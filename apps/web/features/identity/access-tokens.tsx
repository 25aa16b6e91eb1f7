'use client'

import {
  ACCESS_TOKEN_DAYS_MAX,
  ACCESS_TOKEN_NAME_MAX,
  type AccessToken,
  type NewAccessToken,
} from '@medforge/contracts'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { formatDay } from '../../lib/format.ts'
import { ACCESS_TOKENS_KEY, accessTokensQuery } from './access-tokens-query.ts'
import { ApiForm, textOf } from './api-form.tsx'

const DEFAULT_DAYS = 30

/** Personal tokens: made here, shown once, revoked with one click. */
export function AccessTokens() {
  const client = useApi()
  const queryClient = useQueryClient()
  const tokens = useInfiniteQuery(accessTokensQuery(client))
  const shown = tokens.data ?? []
  return (
    <Card aria-labelledby="access-tokens">
      <CardHeader title="Personal tokens" id="access-tokens" />
      <CardBody className="space-y-5">
        <p className="text-ink-muted text-sm">
          With a token a program of yours can list competitions, check and submit files, and read
          your submissions and the leaderboards; nothing else. It works from outside: a session has
          no way to the API. All tokens end with a new password.
        </p>
        <ApiForm
          send={(fields) =>
            client.createAccessToken({
              name: textOf(fields, 'name').trim(),
              expires_in_days: Number(textOf(fields, 'expires_in_days')),
            })
          }
          onSuccess={(form) => {
            form.reset()
            return queryClient.invalidateQueries({ queryKey: ACCESS_TOKENS_KEY })
          }}
          submitLabel="Make a token"
          success={(made) => <ShownOnce made={made} />}
        >
          {(errors) => (
            <div className="grid gap-4 sm:grid-cols-[1fr_9rem]">
              <TextField
                label="What it is for"
                name="name"
                required
                autoComplete="off"
                maxLength={ACCESS_TOKEN_NAME_MAX}
                hint="Such as the machine or script that uses it."
                error={errors.name}
              />
              <TextField
                label="Days until it ends"
                name="expires_in_days"
                type="number"
                min={1}
                max={ACCESS_TOKEN_DAYS_MAX}
                defaultValue={DEFAULT_DAYS}
                error={errors.expires_in_days}
              />
            </div>
          )}
        </ApiForm>
      </CardBody>
      <ErrorNotice error={tokens.error} role="alert" className="m-5" />
      {shown.length > 0 ? (
        <ul aria-labelledby="access-tokens" className="divide-y divide-line border-line border-t">
          {shown.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      ) : null}
      <ShowOlder query={tokens} items="tokens" />
    </Card>
  )
}

function ShownOnce({ made }: { made: NewAccessToken }) {
  return (
    <Notice tone="good" title="Copy it now: it is shown this once" role="status">
      <p>
        <CopyText text={made.token} label="token" />
      </p>
      <p>Send it as the header “Authorization: Bearer …”. Whoever has it submits in your name.</p>
    </Notice>
  )
}

function TokenRow({ token }: { token: AccessToken }) {
  const client = useApi()
  const queryClient = useQueryClient()
  const isReady = useHydrated()
  const revoking = useMutation({
    mutationFn: () => client.revokeAccessToken(token.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ACCESS_TOKENS_KEY }),
  })
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-4 text-sm">
      <div className="min-w-0 space-y-1">
        <p className="break-words font-semibold">
          <bdi>{token.name}</bdi>
        </p>
        <p className="text-ink-muted">
          {token.last_used_at === null ? (
            'Never used'
          ) : (
            <>
              Last used <TimeAgo at={token.last_used_at} />
            </>
          )}
          . Ends {formatDay(token.expires_at)}.
        </p>
        {revoking.error ? <p className="text-bad">{explain(revoking.error).detail}</p> : null}
      </div>
      <Button
        tone="danger"
        size="small"
        busy={revoking.isPending}
        disabled={!isReady}
        aria-label={`Revoke ${token.name}`}
        onClick={() => revoking.mutate()}
      >
        Revoke
      </Button>
    </li>
  )
}
