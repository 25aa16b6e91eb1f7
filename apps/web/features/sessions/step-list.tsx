import type { GpuMode } from '@medforge/contracts'
import { Check, X } from 'lucide-react'
import { classNames } from '../../components/ui/class-names.ts'
import { Spinner } from '../../components/ui/spinner.tsx'
import { formatDuration } from '../../lib/format.ts'
import { stepLabel } from './step-labels.ts'
import type { StepState, TimelineStep } from './timeline.ts'

type StepListProps = { steps: readonly TimelineStep[]; label: string; gpuMode: GpuMode }

export function StepList({ steps, label, gpuMode }: StepListProps) {
  const active = steps.find((step) => step.state === 'active')
  return (
    <>
      <ol aria-label={label} className="relative">
        {steps.map((step, index) => (
          <StepRow
            key={step.step}
            step={step}
            isLast={index === steps.length - 1}
            labels={stepLabel(step.step, gpuMode)}
          />
        ))}
      </ol>
      <p role="status" className="sr-only">
        {active ? `${stepLabel(active.step, gpuMode).doing}…` : ''}
      </p>
    </>
  )
}

type StepRowProps = { step: TimelineStep; isLast: boolean; labels: ReturnType<typeof stepLabel> }

function StepRow({ step, isLast, labels }: StepRowProps) {
  const text =
    step.state === 'done' ? labels.done : step.state === 'failed' ? labels.failed : labels.doing
  return (
    <li
      aria-current={step.state === 'active' ? 'step' : undefined}
      className="relative flex gap-3.5 pb-5 last:pb-0"
    >
      {isLast ? null : (
        <span
          aria-hidden="true"
          className={classNames(
            'absolute top-6 bottom-0 left-[11px] w-0.5 rounded-full',
            step.state === 'done' ? 'bg-accent' : 'bg-line',
          )}
        />
      )}
      <StepMark state={step.state} />
      <div className="min-w-0 flex-1 pt-px">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <span
            className={classNames(
              'text-sm',
              step.state === 'waiting' ? 'text-ink-faint' : 'font-medium text-ink',
              step.state === 'failed' && 'text-bad',
            )}
          >
            {text}
          </span>
          <StepTimes step={step} />
        </div>
        {step.state === 'active' ? <StepBar step={step} /> : null}
      </div>
    </li>
  )
}

function StepMark({ state }: { state: StepState }) {
  const shape = 'z-10 grid size-6 shrink-0 place-items-center rounded-full'
  switch (state) {
    case 'done':
      return (
        <span aria-hidden="true" className={classNames(shape, 'bg-accent text-on-accent')}>
          <Check className="size-3.5" strokeWidth={3} />
        </span>
      )
    case 'failed':
      return (
        <span aria-hidden="true" className={classNames(shape, 'bg-bad-soft text-bad')}>
          <X className="size-3.5" strokeWidth={3} />
        </span>
      )
    case 'active':
      return (
        <span aria-hidden="true" className={classNames(shape, 'bg-accent-soft text-accent')}>
          <Spinner className="size-3.5" />
        </span>
      )
    case 'waiting':
      return (
        <span aria-hidden="true" className={classNames(shape, 'border-2 border-line bg-surface')} />
      )
  }
}

function StepTimes({ step }: { step: TimelineStep }) {
  const elapsed = step.elapsedMs === null ? null : formatDuration(step.elapsedMs)
  const median =
    step.medianMs === null || step.state === 'done'
      ? null
      : `usually ${formatDuration(step.medianMs)}`
  return (
    <span className="text-ink-muted text-xs tabular-nums">
      {elapsed}
      {elapsed !== null && median !== null ? ' · ' : null}
      {median}
    </span>
  )
}

/** Stops short of the end: only the step's event fills it. */
function StepBar({ step }: { step: TimelineStep }) {
  if (step.medianMs === null || step.elapsedMs === null) return null
  const share = Math.min(0.95, step.elapsedMs / Math.max(1, step.medianMs))
  return (
    <div aria-hidden="true" className="mt-2 h-1 overflow-hidden rounded-full bg-sunken">
      <div
        className="h-full rounded-full bg-accent transition-[width] duration-200 ease-linear"
        style={{ width: `${(share * 100).toFixed(1)}%` }}
      />
    </div>
  )
}
