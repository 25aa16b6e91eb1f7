'use client'

import type { OwnSubmission, Submission } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { classNames } from '../../components/ui/class-names.ts'
import { Cell, DataTable, HeadCell } from '../../components/ui/data-table.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { formatScore } from '../../lib/format.ts'
import { bestId } from './best-submission.ts'
import { mySubmissionsQuery } from './queries.ts'
import { SubmissionFileLink } from './submission-file-link.tsx'
import { SubmissionNote } from './submission-note.tsx'
import { remarksOf } from './submission-remarks.ts'

type MySubmissionsProps = { slug: string; higherIsBetter: boolean }

export function MySubmissions({ slug, higherIsBetter }: MySubmissionsProps) {
  const query = useQuery(mySubmissionsQuery(useApi(), slug))
  const submissions = query.data ?? []
  const best = bestId(submissions, higherIsBetter)
  return (
    <Card aria-labelledby="my-submissions">
      <CardHeader title="Your submissions" id="my-submissions" />
      <ErrorNotice error={query.error} className="m-5" />
      {query.isSuccess && submissions.length === 0 ? (
        <EmptyState title="Nothing submitted yet">
          <p>
            Download the sample submission and put your predictions into it.{' '}
            <TextLink href={`/competitions/${slug}/submit`}>Submit a prediction</TextLink>
          </p>
        </EmptyState>
      ) : null}
      {submissions.length > 0 ? (
        <DataTable caption="Your submissions, newest first">
          <thead>
            <tr>
              <HeadCell>File</HeadCell>
              <HeadCell>When</HeadCell>
              <HeadCell className="text-right">Score</HeadCell>
            </tr>
          </thead>
          <tbody>
            {submissions.map((submission) => (
              <SubmissionRows
                key={submission.id}
                submission={submission}
                isBest={submission.id === best}
              />
            ))}
          </tbody>
        </DataTable>
      ) : null}
    </Card>
  )
}

function SubmissionRows({ submission, isBest }: { submission: OwnSubmission; isBest: boolean }) {
  const remarks = remarksOf(submission)
  return (
    <>
      <tr className={remarks.length > 0 ? '[&_td]:border-b-0' : undefined}>
        <Cell className="max-w-64 break-words">
          <SubmissionFileLink submission={submission} />
          <SubmissionNote submission={submission} />
        </Cell>
        <Cell className="whitespace-nowrap text-ink-muted">
          <TimeAgo at={submission.created_at} />
        </Cell>
        <Cell className="text-right">
          <Outcome submission={submission} isBest={isBest} />
        </Cell>
      </tr>
      {remarks.length > 0 ? (
        <tr>
          <Cell colSpan={3} className="break-words pt-0 text-ink-muted text-sm">
            {remarks.map((remark) => (
              <p key={remark}>{remark}</p>
            ))}
          </Cell>
        </tr>
      ) : null}
    </>
  )
}

/** A submission's score, or how far it is. */
export function Outcome({ submission, isBest }: { submission: Submission; isBest: boolean }) {
  switch (submission.score_status) {
    case 'queued':
      return (
        <Badge tone="accent" dot="pulsing">
          Queued
        </Badge>
      )
    case 'scoring':
      return (
        <Badge tone="accent" dot="pulsing">
          Scoring
        </Badge>
      )
    case 'failed':
      return <Badge tone="bad">Failed</Badge>
    case 'scored':
      return (
        <span className="inline-flex items-center gap-2">
          {isBest ? <Badge tone="accent">best</Badge> : null}
          <span
            className={classNames(
              'font-mono tabular-nums',
              submission.exclusion && 'text-ink-muted line-through',
            )}
          >
            {submission.official_score ? formatScore(submission.official_score.primary_score) : '–'}
          </span>
        </span>
      )
  }
}
