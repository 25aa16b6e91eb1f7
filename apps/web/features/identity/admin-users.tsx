'use client'

import type { AdminUser } from '@medforge/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { formatBytes, formatDay } from '../../lib/format.ts'
import { adminUsersQuery, type UserFilter } from './admin-queries.ts'
import { LimitsForm } from './limits-form.tsx'
import { ownLimitsText } from './user-limits.ts'

/** Every account: what it holds and may use, and whether it may sign in. */
export function AdminUsers({ filter, ownId }: { filter: UserFilter; ownId: string }) {
  const users = useInfiniteQuery(adminUsersQuery(useApi(), filter))
  const shown = users.data ?? []
  return (
    <Card aria-labelledby="users">
      <CardHeader title="Users" id="users" aside="newest first" />
      <ErrorNotice error={users.error} className="m-5" />
      {users.isSuccess && shown.length === 0 ? (
        <EmptyState title="Nobody is called like that">
          <p>
            <TextLink href="/admin/users">Show everybody</TextLink>
          </p>
        </EmptyState>
      ) : null}
      <RowList label="Users">
        {shown.map((user) => (
          <UserRow key={user.user_id} user={user} isSelf={user.user_id === ownId} />
        ))}
      </RowList>
      <ShowOlder query={users} items="users" />
    </Card>
  )
}

function UserRow({ user, isSelf }: { user: AdminUser; isSelf: boolean }) {
  const { user_id: id, email, display_name, active_sessions, max_concurrent_sessions } = user
  const ownLimits = ownLimitsText(user.limits)
  return (
    <Row
      title={
        <>
          <bdi className="break-all">{display_name}</bdi>
          <span className="break-all font-normal text-ink-muted">{email}</span>
          {user.role === 'admin' ? <Badge tone="accent">Administrator</Badge> : null}
          {user.disabled_at ? <Badge tone="bad">Disabled</Badge> : null}
          {isSelf ? <Badge>you</Badge> : null}
        </>
      }
      facts={
        <>
          {active_sessions} of {max_concurrent_sessions} sessions,{' '}
          {formatBytes(user.storage.used_bytes)} stored, since {formatDay(user.created_at)}
          {ownLimits ? `; limits: ${ownLimits}` : null}
          {user.disabled_at ? (
            <>
              ; disabled <TimeAgo at={user.disabled_at} />
            </>
          ) : null}
        </>
      }
      notes={
        <>
          <p className="flex flex-wrap gap-x-4 gap-y-1">
            <TextLink href={`/admin/audit?subject=${id}`}>What was done to it</TextLink>
            <TextLink href={`/admin/audit?by=${id}`}>What it did</TextLink>
            <TextLink href={`/admin/sessions?user=${id}`}>Sessions</TextLink>
            <TextLink href={`/admin/submissions?q=${encodeURIComponent(email)}`}>
              Submissions
            </TextLink>
          </p>
          <LimitsForm user={user} />
        </>
      }
      actions={<Actions user={user} />}
    />
  )
}

function Actions({ user }: { user: AdminUser }) {
  const { admin } = useApi()
  const { user_id: id, email, active_sessions } = user
  return (
    <>
      {user.role === 'admin' ? (
        <ChangeButton
          label="Take role back"
          name={`Take role back from ${email}`}
          tone="danger"
          title={`Make ${email} an ordinary user?`}
          confirmLabel="Take the role back"
          change={() => admin.changeUser(id, { role: 'user' })}
        >
          <p>These pages are closed to them at once. The last administrator keeps the role.</p>
        </ChangeButton>
      ) : (
        <ChangeButton
          label="Make administrator"
          name={`Make administrator: ${email}`}
          title={`Make ${email} an administrator?`}
          confirmLabel="Make administrator"
          change={() => admin.changeUser(id, { role: 'admin' })}
        >
          <p>
            They see and change everything that you can here, enter everybody’s sessions, and can
            take the role from you.
          </p>
        </ChangeButton>
      )}
      {user.disabled_at ? (
        <ChangeButton
          label="Enable"
          name={`Enable ${email}`}
          title={`Let ${email} sign in again?`}
          confirmLabel="Enable the account"
          change={() => admin.changeUser(id, { is_disabled: false })}
        >
          <p>Logins from before stay ended; they log in anew.</p>
        </ChangeButton>
      ) : (
        <ChangeButton
          label="Disable"
          name={`Disable ${email}`}
          tone="danger"
          title={`Disable ${email}?`}
          confirmLabel="Disable the account"
          change={() => admin.changeUser(id, { is_disabled: true })}
        >
          <p>They are signed out everywhere at once, and cannot sign in. Nothing is deleted.</p>
          {active_sessions > 0 ? (
            <p>
              Their running sessions go on, so that no work is lost; stop those on the sessions
              page.
            </p>
          ) : null}
        </ChangeButton>
      )}
    </>
  )
}
