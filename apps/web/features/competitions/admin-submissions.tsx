'use client'

import type { AdminSubmission } from '@medforge/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { formatBytes } from '../../lib/format.ts'
import { adminNotesOf } from './admin-notes.ts'
import { adminSubmissionsQuery, type SubmissionFilter } from './admin-queries.ts'
import { Outcome } from './my-submissions.tsx'

/** Everybody's submissions, why each stands as it does, and what can be done about it. */
export function AdminSubmissions({ filter }: { filter: SubmissionFilter }) {
  const submissions = useInfiniteQuery(adminSubmissionsQuery(useApi(), filter))
  const shown = submissions.data ?? []
  return (
    <Card aria-labelledby="submissions">
      <CardHeader title="Submissions" id="submissions" aside="newest first" />
      <ErrorNotice error={submissions.error} className="m-5" />
      {submissions.isSuccess && shown.length === 0 ? (
        <EmptyState title="No submission is like that">
          <p>
            <TextLink href="/admin/submissions">Show all submissions</TextLink>
          </p>
        </EmptyState>
      ) : null}
      <RowList label="Submissions">
        {shown.map((submission) => (
          <SubmissionRow key={submission.id} submission={submission} />
        ))}
      </RowList>
      <ShowOlder query={submissions} items="submissions" />
    </Card>
  )
}

function SubmissionRow({ submission }: { submission: AdminSubmission }) {
  const { id, filename, email, user_id, competition_slug } = submission
  return (
    <Row
      title={
        <>
          <Outcome submission={submission} isBest={false} />
          <bdi className="min-w-0 break-all">{filename}</bdi>
        </>
      }
      facts={
        <>
          By <TextLink href={`/admin/users?q=${user_id}`}>{email}</TextLink> to{' '}
          <TextLink href={`/competitions/${competition_slug}/leaderboard`}>
            {competition_slug}
          </TextLink>
          , <TimeAgo at={submission.created_at} />, {formatBytes(submission.size_bytes)}
        </>
      }
      notes={
        <>
          {adminNotesOf(submission).map((note) => (
            <p key={note}>{note}</p>
          ))}
          <p className="text-ink-muted text-xs">
            <CopyText text={id} label="submission id" />
          </p>
        </>
      }
      actions={<Actions submission={submission} />}
    />
  )
}

function Actions({ submission }: { submission: AdminSubmission }) {
  const { admin } = useApi()
  const { id, filename, email, score_status, exclusion } = submission
  return (
    <>
      {score_status === 'scored' || score_status === 'failed' ? (
        <ChangeButton
          label="Score again"
          name={`Score again: ${filename} of ${email}`}
          title="Score this file again?"
          confirmLabel="Score it again"
          change={() => admin.scoreAgain(id)}
        >
          <p>
            It goes into the queue once more. Its score stays on the leaderboard until another takes
            its place; where the present scorer and holdout gave it already, nothing changes.
          </p>
        </ChangeButton>
      ) : null}
      {exclusion ? (
        <ChangeButton
          label="Restore"
          name={`Restore ${filename} of ${email}`}
          title="Let this submission count again?"
          confirmLabel="Let it count"
          change={() => admin.restoreSubmission(id)}
        >
          <p>It stands on the leaderboard at once, if it is the best of {email}.</p>
        </ChangeButton>
      ) : (
        <ChangeButton
          label="Exclude"
          name={`Exclude ${filename} of ${email}`}
          tone="danger"
          title="Take this submission off the leaderboard?"
          confirmLabel="Take it off"
          reason={{
            label: 'Reason',
            hint: 'The person reads it beside the file.',
            minLength: 3,
            maxLength: 500,
          }}
          change={(reason) => admin.excludeSubmission(id, reason)}
        >
          <p>
            At once, and the next best of {email} takes its place. It still counts against the day.
            You can restore it at any time.
          </p>
        </ChangeButton>
      )}
    </>
  )
}
