'use client'

import { RESCORE_NOTE_MAX, type Rescore } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { Spinner } from '../../components/ui/spinner.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { plural } from '../../lib/format.ts'
import { rescoreQuery } from './admin-queries.ts'
import { BoardDifference } from './board-difference.tsx'

type Run = NonNullable<Rescore['run']>

/** Everything scored again beside the board, what that would change, and the switch. */
export function RescoreCard({ slug }: { slug: string }) {
  const query = useQuery(rescoreQuery(useApi(), slug))
  const { run, last } = query.data ?? { run: null, last: null }
  return (
    <Card aria-labelledby="rescore">
      <CardHeader
        title="Score everything again"
        id="rescore"
        aside={
          last ? (
            <>
              last {last.outcome} <TimeAgo at={last.ended_at} />
            </>
          ) : null
        }
      />
      <CardBody className="space-y-4 text-sm">
        <ErrorNotice error={query.error} />
        {run ? <RunView slug={slug} run={run} /> : query.isSuccess ? <Start slug={slug} /> : null}
      </CardBody>
    </Card>
  )
}

function Start({ slug }: { slug: string }) {
  const { admin } = useApi()
  return (
    <>
      <p>
        With the present scorer, on the same holdout. It happens beside the leaderboard: nobody sees
        anything of it before you have seen the difference and switched. Another holdout is imported
        on the host.
      </p>
      <ChangeButton
        label="Score again and compare"
        name={`Score again and compare: ${slug}`}
        title="Score every submission again?"
        confirmLabel="Score them again"
        change={() => admin.startRescore(slug)}
      >
        <p>The leaderboard stays as it is. New submissions come first, so nobody waits for it.</p>
      </ChangeButton>
    </>
  )
}

function RunView({ slug, run }: { slug: string; run: Run }) {
  const { admin } = useApi()
  const abandon =
    run.wanted === 'compare' ? (
      <ChangeButton
        label="Leave it as it is"
        name="Leave it as it is"
        title="Forget the new scores?"
        confirmLabel="Forget them"
        cancelLabel="Keep them"
        change={() => admin.abandonRescore(slug)}
      >
        <p>The leaderboard stays as it is.</p>
      </ChangeButton>
    ) : null
  if (run.wanted === 'command') {
    return (
      <Notice tone="info" title="The operator has a change in hand, on the host">
        <p>{describeProgress(run)}</p>
      </Notice>
    )
  }
  if (run.wanted !== 'compare' || run.difference === null) {
    return (
      <>
        <p role="status" className="flex items-center gap-3">
          <Spinner className="text-accent" />
          {run.wanted === 'switch'
            ? 'The board is being switched…'
            : run.wanted === 'abandon'
              ? 'The new scores are being forgotten…'
              : describeProgress(run)}
        </p>
        {run.reason ? <p>{run.reason}</p> : null}
        {abandon}
      </>
    )
  }
  return (
    <>
      <p>{describeProgress(run)}</p>
      {run.failed > 0 ? (
        <Notice tone="bad" title={`${plural(run.failed, 'file')} could not be scored`}>
          <p>
            {run.reason ?? 'The reason was not recorded.'} The board is not switched without them.
          </p>
          <p>Leave it as it is, see to the cause, and score again.</p>
        </Notice>
      ) : null}
      <BoardDifference difference={run.difference} />
      <div className="flex flex-wrap gap-2.5">
        {run.failed === 0 ? (
          <ChangeButton
            label="Switch the board"
            name={`Switch the board of ${slug}`}
            tone="danger"
            title="Put these scores in the place of the board?"
            confirmLabel="Switch it"
            cancelLabel="Not yet"
            reason={{
              label: 'Notice to everybody (optional)',
              hint: 'Stands above the leaderboard, in place of the usual sentence.',
              minLength: 0,
              maxLength: RESCORE_NOTE_MAX,
            }}
            change={(note) => admin.switchRescore(slug, note.length >= 3 ? { note } : {})}
          >
            <p>
              For everybody at once, as shown: {plural(run.difference.moved, 'rank')} and{' '}
              {plural(run.difference.changed, 'best score')} change. What came in meanwhile is
              scored first. To go back, score again with the earlier version.
            </p>
          </ChangeButton>
        ) : null}
        {abandon}
      </div>
    </>
  )
}

function describeProgress({ waiting, scored, invalid, is_ready }: Run): string {
  const done = `${plural(scored, 'file')} scored, ${invalid} that do not fit`
  return is_ready ? `${done}.` : `${done}, ${waiting} to go…`
}
