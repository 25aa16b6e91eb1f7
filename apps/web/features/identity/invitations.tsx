'use client'

import {
  INVITATION_NOTE_MAX,
  INVITATION_USES_MAX,
  type Invitation,
  type NewInvitation,
} from '@medforge/contracts'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { ADMIN_KEY } from '../../lib/api/admin-key.ts'
import { useApi } from '../../lib/api/browser.tsx'
import { formatDay } from '../../lib/format.ts'
import { invitationsQuery } from './admin-queries.ts'
import { ApiForm, textOf } from './api-form.tsx'

const DAY_MS = 86_400_000

/** Codes with which people sign up: made here, shown once, revoked with one click. */
export function Invitations() {
  const client = useApi()
  const queryClient = useQueryClient()
  const invitations = useInfiniteQuery(invitationsQuery(client))
  const shown = invitations.data ?? []
  return (
    <Card aria-labelledby="invitations">
      <CardHeader title="Invitations" id="invitations" />
      <CardBody>
        <ApiForm
          send={(fields) => {
            const days = Number(textOf(fields, 'days'))
            const note = textOf(fields, 'note').trim()
            return client.admin.createInvitation({
              max_uses: Number(textOf(fields, 'max_uses')),
              expires_at: days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
              note: note === '' ? null : note,
            })
          }}
          onSuccess={(form) => {
            form.reset()
            return queryClient.invalidateQueries({ queryKey: ADMIN_KEY })
          }}
          submitLabel="Make an invitation"
          success={(made) => <ShownOnce made={made} />}
        >
          {(errors) => (
            <div className="grid gap-4 sm:grid-cols-[8rem_8rem_1fr]">
              <TextField
                label="Accounts"
                name="max_uses"
                type="number"
                min={1}
                max={INVITATION_USES_MAX}
                defaultValue={1}
                hint="that it makes"
                error={errors.max_uses}
              />
              <TextField
                label="Days"
                name="days"
                type="number"
                min={1}
                defaultValue={14}
                hint="empty: for ever"
                error={errors.expires_at}
              />
              <TextField
                label="Note (optional)"
                name="note"
                autoComplete="off"
                maxLength={INVITATION_NOTE_MAX}
                hint="For whom it is. Administrators see it."
                error={errors.note}
              />
            </div>
          )}
        </ApiForm>
      </CardBody>
      <ErrorNotice error={invitations.error} className="m-5" />
      <div className="border-line border-t">
        {invitations.isSuccess && shown.length === 0 ? (
          <EmptyState title="No invitations yet">
            <p>Where sign-up takes an invitation, everybody needs the code of one.</p>
          </EmptyState>
        ) : null}
        <RowList label="Invitations">
          {shown.map((invitation) => (
            <InvitationRow key={invitation.id} invitation={invitation} />
          ))}
        </RowList>
        <ShowOlder query={invitations} items="invitations" />
      </div>
    </Card>
  )
}

function ShownOnce({ made }: { made: NewInvitation }) {
  return (
    <Notice tone="good" role="status" title="Copy it now: the code is shown this once">
      <p>
        <CopyText text={made.code} label="code" />
      </p>
      <p>
        <CopyText text={`${window.location.origin}/signup?invitation=${made.code}`} label="link" />
      </p>
    </Notice>
  )
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const { admin } = useApi()
  const { id, note, uses, max_uses, is_usable, revoked_at, expires_at } = invitation
  const name = note ?? 'without a note'
  return (
    <Row
      title={
        <>
          <bdi className="break-words">{note ?? 'No note'}</bdi>
          {is_usable ? <Badge tone="good">Usable</Badge> : null}
          {revoked_at ? <Badge>Revoked</Badge> : null}
          {!is_usable && !revoked_at ? (
            <Badge>{uses >= max_uses ? 'Used up' : 'Over'}</Badge>
          ) : null}
        </>
      }
      facts={
        <>
          {uses} of {max_uses} used, made <TimeAgo at={invitation.created_at} /> by{' '}
          {invitation.created_by ?? 'the operator, on the host'}
          {expires_at ? `, until ${formatDay(expires_at)}` : null}
        </>
      }
      actions={
        is_usable ? (
          <ChangeButton
            label="Revoke"
            name={`Revoke the invitation ${name}`}
            tone="danger"
            title="Revoke this invitation?"
            confirmLabel="Revoke it"
            change={() => admin.revokeInvitation(id)}
          >
            <p>Nobody can sign up with it any more. Accounts that were made with it stay.</p>
          </ChangeButton>
        ) : null
      }
    />
  )
}
