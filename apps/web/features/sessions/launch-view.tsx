import type { GpuMode } from '@medforge/contracts'
import { Play } from 'lucide-react'
import { Button } from '../../components/ui/button.tsx'
import { gpuCount, nameGpus } from '../../lib/gpu.ts'
import type { LaunchAction } from './use-session.ts'

type LaunchViewProps = {
  launch: LaunchAction
  gpuMode: GpuMode
  /** Null where unknown. */
  freeGpus: number | null
  isFirst: boolean
}

export function LaunchView({ launch, gpuMode, freeGpus, isFirst }: LaunchViewProps) {
  const oneGpu = gpuMode === 'simulated' ? 'one simulated GPU' : 'one GPU of its own'
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-5 not-first:border-line not-first:border-t not-first:pt-6">
      <div className="min-w-0 max-w-lg space-y-1.5">
        <h2 className="text-xl">{isFirst ? 'Launch your first session' : 'Launch a session'}</h2>
        <p className="text-ink-muted text-sm">
          A private code editor with a terminal, an empty workspace and {oneGpu}. When you stop it,
          the workspace is kept and a snapshot of it is taken.
        </p>
      </div>
      <div className="flex flex-col items-start gap-2 sm:items-end">
        <Button tone="primary" size="large" busy={launch.isPending} onClick={launch.run}>
          {launch.isPending ? null : <Play aria-hidden="true" className="size-4 fill-current" />}
          Launch
        </Button>
        {freeGpus === null ? null : (
          <p className="text-ink-muted text-xs">
            {freeGpus === 0
              ? nameGpus('No GPU is free right now', gpuMode)
              : `${gpuCount(freeGpus, gpuMode)} free`}
          </p>
        )}
      </div>
    </div>
  )
}
