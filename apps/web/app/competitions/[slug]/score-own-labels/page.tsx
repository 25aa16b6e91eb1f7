import { Notice } from '../../../../components/ui/notice.tsx'
import { OwnLabelsForm } from '../../../../features/competitions/own-labels-form.tsx'
import { readCompetition } from '../../../../features/competitions/read.ts'

type ScoreOwnLabelsPageProps = { params: Promise<{ slug: string }> }

export default async function ScoreOwnLabelsPage({ params }: ScoreOwnLabelsPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const { metric, metric_version: metricVersion, submission_spec: shape } = read.value
  return (
    <section aria-labelledby="score-own-labels" className="max-w-xl space-y-5">
      <h2 id="score-own-labels" className="text-xl">
        Score labels of your own
      </h2>
      <p>
        A part of the training labels that you kept aside, and your predictions for it: the scorer
        of this competition compares them here, in your browser. Nothing is uploaded, and no
        submission is used.
      </p>
      <p className="text-ink-muted text-sm">
        The labels have the columns of a submission{describeLabels(metric)}. In a session,{' '}
        <code className="font-mono">medforge-score --metric {metric}</code> does the same.
      </p>
      {shape ? (
        <OwnLabelsForm shape={shape} metricVersion={metricVersion} />
      ) : (
        <Notice tone="bad" title="Not possible at the moment">
          <p>
            The files of this competition are missing or damaged on this installation. Try again
            later; the operator’s remedy is to import the competition again.
          </p>
        </Notice>
      )}
    </section>
  )
}

function describeLabels(metric: string): string {
  if (metric === 'map_iou') return ', without the confidence'
  if (metric === 'concordance_index') return ', with a time and an event in place of the risk'
  return ''
}
