'use client'

import type { CompetitionDetail, SubmissionShape } from '@medforge/contracts'
import type { OwnScore } from '@medforge/scoring'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { plural } from '../../lib/format.ts'
import { DropZone } from './drop-zone.tsx'
import { FaultList } from './fault-list.tsx'
import { scoreInWorker } from './score-own-labels.ts'

type OwnLabelsFormProps = {
  shape: SubmissionShape
  metricVersion: CompetitionDetail['metric_version']
}

/** Two files of one's own, and the score that the competition would give; neither leaves the browser. */
export function OwnLabelsForm({ shape, metricVersion }: OwnLabelsFormProps) {
  const [labels, setLabels] = useState<File | null>(null)
  const [predictions, setPredictions] = useState<File | null>(null)
  const scoring = useMutation({ mutationFn: scoreInWorker, networkMode: 'always' })

  function choose(set: (file: File | null) => void) {
    return (file: File | null) => {
      scoring.reset()
      set(file)
    }
  }

  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (labels && predictions) scoring.mutate({ shape, labels, predictions })
      }}
    >
      <DropZone label="Your labels" file={labels} onFile={choose(setLabels)} disabled={false} />
      <DropZone
        label="Your predictions"
        file={predictions}
        onFile={choose(setPredictions)}
        disabled={false}
      />
      <Button
        type="submit"
        tone="primary"
        size="large"
        className="w-full"
        busy={scoring.isPending}
        disabled={!labels || !predictions}
      >
        Score in this browser
      </Button>
      {scoring.data ? <Outcome outcome={scoring.data} metricVersion={metricVersion} /> : null}
      {scoring.error ? (
        <Notice tone="bad" role="alert" title="It could not be scored">
          <p>
            The browser could not read a file, or ran out of memory. Choose the files again; smaller
            ones, if they are large.
          </p>
        </Notice>
      ) : null}
    </form>
  )
}

function Outcome({ outcome, metricVersion }: { outcome: OwnScore; metricVersion: string }) {
  if (outcome.ok) {
    return (
      <Notice tone="good" role="status" title={`${metricVersion}: ${outcome.score}`}>
        <p>On {plural(outcome.ids, 'id')} of your labels. Nothing was sent.</p>
      </Notice>
    )
  }
  const title = outcome.file === 'labels' ? 'The labels do not fit' : 'The predictions do not fit'
  return (
    <Notice tone="bad" role="alert" title={title}>
      <FaultList messages={outcome.faults.map(({ message }) => message)} total={outcome.total} />
    </Notice>
  )
}
