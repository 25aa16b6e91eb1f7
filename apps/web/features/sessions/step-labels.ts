import type { GpuMode, LaunchStep, StopStep } from '@medforge/contracts'

type StepLabel = { doing: string; done: string; failed: string }

const STEP_LABELS: Record<Exclude<LaunchStep | StopStep, 'allocated'>, StepLabel> = {
  workspace: {
    doing: 'Creating your workspace',
    done: 'Workspace created',
    failed: 'The workspace could not be created',
  },
  container: {
    doing: 'Starting the container',
    done: 'Container started',
    failed: 'The container could not be started',
  },
  ready: {
    doing: 'Waiting for the IDE to answer',
    done: 'IDE answers',
    failed: 'The IDE did not answer',
  },
  container_removed: {
    doing: 'Ending the container',
    done: 'Container ended',
    failed: 'The container could not be ended',
  },
  snapshot: {
    doing: 'Taking a snapshot of your workspace',
    done: 'Snapshot taken',
    failed: 'The snapshot could not be taken',
  },
}

export function stepLabel(step: LaunchStep | StopStep, gpuMode: GpuMode): StepLabel {
  if (step !== 'allocated') return STEP_LABELS[step]
  const gpu = gpuMode === 'simulated' ? 'simulated GPU' : 'GPU'
  return {
    doing: `Reserving a ${gpu}`,
    done: gpuMode === 'simulated' ? 'Simulated GPU reserved' : 'GPU reserved',
    failed: `A ${gpu} could not be reserved`,
  }
}
