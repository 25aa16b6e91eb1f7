'use client'

import type { CompetitionDetail, Submission, SubmissionAllowance } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useServerNow } from '../../lib/clock.tsx'
import { formatDuration } from '../../lib/format.ts'
import { DropZone } from './drop-zone.tsx'
import { FaultList } from './fault-list.tsx'
import type { LocalCheck } from './local-check.ts'
import { ProgramHint } from './program-hint.tsx'
import { allowanceQuery, mySubmissionsQuery } from './queries.ts'
import { SubmissionResult } from './submission-result.tsx'
import { usePrediction } from './use-prediction.ts'

type SubmitFormProps = {
  competition: Pick<CompetitionDetail, 'slug' | 'metric' | 'status' | 'holdout' | 'submission_spec'>
}

/** Checks a file in the browser, submits it, and shows its state up to its score. */
export function SubmitForm({ competition }: SubmitFormProps) {
  const { slug } = competition
  const client = useApi()
  const submissions = useQuery(mySubmissionsQuery(client, slug))
  const allowance = useQuery(allowanceQuery(client, slug)).data
  const { prediction, choose, send, isSending, accepted, error } = usePrediction(competition)
  const now = useServerNow(20_000)
  const isExhausted = allowance?.remaining_today === 0
  const kind = prediction?.check?.kind
  const isBlocked = kind === 'faulty' || kind === 'unreadable' || isExhausted
  const latest = latestOf(accepted?.submission ?? null, submissions.data ?? [])

  if (competition.status !== 'active') {
    return (
      <Notice tone="info" title="This competition is closed">
        <p>It takes no more submissions. Its leaderboard stays open to read.</p>
      </Notice>
    )
  }
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {isExhausted ? (
        <Notice tone="info" role="status" title="Today’s submissions are used up">
          <p>{describeAllowance(allowance, now)}</p>
        </Notice>
      ) : (
        <DropZone
          label="Prediction file"
          file={prediction?.file ?? null}
          onFile={choose}
          disabled={isSending}
        />
      )}
      {prediction ? <CheckNotice check={prediction.check} /> : null}
      {error ? <RefusedNotice error={error} /> : null}
      <Button
        type="submit"
        tone="primary"
        size="large"
        className="w-full"
        busy={isSending}
        // Not disabled: the focus stays here when a file was sent.
        aria-disabled={!prediction?.check || isBlocked}
      >
        Submit prediction
      </Button>
      <p className="text-ink-muted text-sm" role="status">
        {isSending ? 'Sending and scoring…' : null}
        {!isSending && allowance && !isExhausted ? describeAllowance(allowance, now) : null}
      </p>
      <ProgramHint slug={slug} />
      {latest ? <SubmissionResult submission={latest} holdout={competition.holdout.kind} /> : null}
    </form>
  )
}

function CheckNotice({ check }: { check: LocalCheck | null }) {
  if (check === null) return <p className="text-ink-muted text-sm">Checking the file…</p>
  switch (check.kind) {
    case 'good':
      return (
        <Notice tone="good" role="status" title="The file fits">
          <p>
            Columns, ids and values are as they must be. It was checked here; nothing was sent yet.
          </p>
        </Notice>
      )
    case 'unchecked':
      return (
        <Notice tone="info" role="status" title="Not checked here">
          <p>{check.reason} It will be checked after it was sent.</p>
        </Notice>
      )
    case 'unreadable':
      return (
        <Notice tone="bad" role="alert" title="This file cannot be read">
          <p>
            It was changed, moved or deleted after you chose it, or this browser may not read it.
            Choose it again. Nothing was sent.
          </p>
        </Notice>
      )
    case 'faulty':
      return (
        <Notice tone="bad" role="alert" title="This file would be refused">
          <FaultList messages={check.faults.map(({ message }) => message)} total={check.total} />
          <p>Correct it and choose it again. Nothing was sent and nothing was counted.</p>
        </Notice>
      )
  }
}

function RefusedNotice({ error }: { error: Error }) {
  const failure = explain(error)
  const messages = failure.errors.map(({ msg }) => msg)
  // The detail is the first fault once more.
  if (messages.length === 0) return <FailureNotice failure={failure} role="alert" />
  return (
    <Notice tone="bad" role="alert" title={failure.title}>
      <FaultList messages={messages} total={totalOf(failure.errors[0]?.ctx, messages.length)} />
      {failure.advice ? <p>{failure.advice}</p> : null}
    </Notice>
  )
}

function totalOf(ctx: Record<string, unknown> | undefined, fallback: number): number {
  const total = ctx?.total
  return typeof total === 'number' ? total : fallback
}

/** The submission just made, as last read. */
function latestOf(
  accepted: Submission | null,
  submissions: readonly Submission[],
): Submission | null {
  return submissions.find(({ id }) => id === accepted?.id) ?? accepted
}

function describeAllowance(
  { daily_cap, remaining_today, resets_at }: SubmissionAllowance,
  now: number,
): string {
  const left = formatDuration(roundUpMinute(Math.max(0, Date.parse(resets_at) - now)))
  return `${remaining_today} of ${daily_cap} left today. The count starts again at 00:00 UTC, in ${left}.`
}

/** So that the text changes once a minute. */
function roundUpMinute(ms: number): number {
  return Math.ceil(ms / 60_000) * 60_000
}
