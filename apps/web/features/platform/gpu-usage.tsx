'use client'

import type { PlatformStatus } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { classNames } from '../../components/ui/class-names.ts'
import { Notice } from '../../components/ui/notice.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { statusQuery } from '../../lib/api/status-query.ts'
import { plural } from '../../lib/format.ts'

/** The host's GPUs now, one box each: filled is free, hatched is in use. @param initial  null where the server could not read it */
export function GpuUsage({ initial }: { initial: PlatformStatus | null }) {
  const query = useQuery({
    ...statusQuery(useApi()),
    ...(initial === null ? {} : { initialData: initial }),
  })
  if (query.data) return <Usage status={query.data} />
  return (
    <Notice tone="warn" title="The host’s state is not known right now">
      <p>It shows here as soon as the API answers.</p>
    </Notice>
  )
}

function Usage({ status }: { status: PlatformStatus }) {
  const { total, free, mode } = status.gpus
  const isSimulated = mode === 'simulated'
  return (
    <section
      aria-labelledby="gpu-usage"
      className="rounded-lg border border-line bg-surface p-5 shadow-card sm:p-6"
    >
      <h2 id="gpu-usage" className="font-semibold text-sm">
        {isSimulated ? 'Simulated GPUs' : 'GPUs'}
      </h2>
      <p className="mt-3 flex items-baseline gap-2">
        <span className="font-semibold text-4xl tracking-tight tabular-nums">{free}</span>
        <span className="text-ink-muted">of {total} free</span>
      </p>
      <div aria-hidden="true" className="mt-5 flex gap-1.5">
        {Array.from({ length: total }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a box is its position
          <GpuBox key={index} isFree={index < free} />
        ))}
      </div>
      <p className="mt-4 text-ink-muted text-sm">
        {status.active_sessions === 0
          ? 'No session is running.'
          : `${plural(status.active_sessions, 'session')} running, one ${isSimulated ? 'simulated ' : ''}GPU each.`}
      </p>
      {total === 0 ? (
        <p className="mt-2 text-ink-muted text-sm">
          The host reports no usable GPU, so sessions cannot be launched at the moment.
        </p>
      ) : null}
      {isSimulated ? (
        <p className="mt-2 text-ink-muted text-sm">
          This is a trial host without NVIDIA hardware: sessions run on its processors.
        </p>
      ) : null}
    </section>
  )
}

function GpuBox({ isFree }: { isFree: boolean }) {
  return (
    <span
      className={classNames(
        'relative h-14 flex-1 overflow-hidden rounded-sm border',
        isFree ? 'border-accent/60 bg-accent-soft' : 'gpu-in-use border-line',
      )}
    >
      <span
        className={classNames(
          'absolute inset-x-1.5 top-2 h-1 rounded-full',
          isFree ? 'bg-accent' : 'bg-line-strong',
        )}
      />
    </span>
  )
}
