'use client'

import type { GpuMode, Session, SessionEvent } from '@medforge/contracts'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useServerNow } from '../../lib/clock.tsx'
import { formatAgo } from '../../lib/format.ts'
import { nameGpus } from '../../lib/gpu.ts'
import { StepList } from './step-list.tsx'
import { launchTimeline } from './timeline.ts'

type OutcomeNoticeProps = {
  session: Session
  events: readonly SessionEvent[]
  gpuMode: GpuMode
}

/** How the last session ended: the snapshot's name after a stop, the reason after a failure. */
export function OutcomeNotice({ session, events, gpuMode }: OutcomeNoticeProps) {
  const now = useServerNow(30_000)
  const ended = formatAgo(session.stopped_at ?? session.created_at, now)
  if (session.status === 'stopped') {
    return (
      <Notice tone="good" role="status" title={`Session stopped · ${ended}`}>
        <SnapshotLine session={session} />
      </Notice>
    )
  }
  const steps = launchTimeline(session, events, now)
  return (
    <div className="space-y-4">
      <Notice tone="bad" role="status" title={`Session failed · ${ended}`}>
        <p>{session.error_message ?? 'The reason was not recorded.'}</p>
        {session.last_snapshot ? <SnapshotLine session={session} /> : null}
        <p>
          {nameGpus('Its GPU is free again', gpuMode)} and its files are kept. The operator finds it
          as <code className="font-mono">{session.slug}</code>.
        </p>
      </Notice>
      {events.length > 0 && steps.some(({ state }) => state === 'failed') ? (
        <StepList label="Launch steps" gpuMode={gpuMode} steps={steps} />
      ) : null}
    </div>
  )
}

function SnapshotLine({ session }: { session: Session }) {
  if (!session.last_snapshot) return <p>No snapshot was recorded; the files are still on disk.</p>
  return (
    <p>
      Snapshot <CopyText text={session.last_snapshot.name} label="snapshot name" />
    </p>
  )
}
