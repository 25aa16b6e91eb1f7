import type { CompetitionDetail, Submission } from '@medforge/contracts'
import { Notice } from '../../components/ui/notice.tsx'
import { Spinner } from '../../components/ui/spinner.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { formatScore } from '../../lib/format.ts'

type SubmissionResultProps = {
  submission: Submission
  holdout: CompetitionDetail['holdout']['kind']
}

/** The state of the submission just made, up to its score. */
export function SubmissionResult({ submission, holdout }: SubmissionResultProps) {
  const { score_status, score_error, official_score, filename, competition_slug } = submission
  if (score_status === 'failed') {
    return (
      <Notice tone="bad" role="alert" title="Scoring failed">
        <p>{score_error ?? 'The reason was not recorded.'}</p>
        <p>
          The fault is the platform’s, and this submission was not counted. Submit the file again.
        </p>
      </Notice>
    )
  }
  if (score_status !== 'scored' || official_score === null) {
    return (
      <div
        role="status"
        className="flex items-center gap-3 rounded-md border border-line bg-sunken px-4 py-3 text-sm"
      >
        <Spinner className="text-accent" />
        <p>
          <span className="font-semibold">
            {score_status === 'queued' ? 'Waiting to be scored' : 'Being scored'}
          </span>
          <span className="text-ink-muted"> · you may leave this page</span>
        </p>
      </div>
    )
  }
  return (
    <section
      role="status"
      aria-label="Your score"
      className="animate-appear rounded-md border border-accent/40 bg-accent-soft px-4 py-4"
    >
      <p className="text-accent-strong text-sm">
        {holdout === 'demo' ? 'Score on the demo holdout' : 'Score'}
      </p>
      <p
        className="font-mono font-semibold text-3xl tabular-nums"
        title={String(official_score.primary_score)}
      >
        {formatScore(official_score.primary_score)}
      </p>
      <p className="mt-1 break-all text-ink-muted text-sm">{filename}</p>
      <p className="mt-2 text-sm">
        <TextLink href={`/competitions/${competition_slug}/leaderboard`}>See your place</TextLink>
      </p>
    </section>
  )
}
