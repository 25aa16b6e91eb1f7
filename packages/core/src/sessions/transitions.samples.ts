import type { SqlSamples } from '@medforge/db'
import type * as transitions from './transitions.ts'

const AT = new Date(0)
const TOKEN = { id: 's', status: 'running', version: 1, request_id: 'r' } as const
const STEP = { step: 'ready', durationMs: 1 } as const
const TRANSITION = {
  to: 'stopping',
  reason: { code: 'c', text: 'a reason' },
  at: AT,
  patch: { status_reason: 'a reason' },
  steps: [STEP],
} as const

export const samples: SqlSamples<typeof transitions> = {
  listActive: [],
  lockById: ['s'],
  recordStep: [TOKEN, { ...STEP, at: AT }],
  recordStepIn: [TOKEN, { ...STEP, at: AT }],
  updateFacts: [TOKEN, { status_reason: 'a reason' }],
  recordTransition: [TOKEN, TRANSITION],
  recordTransitionIn: [TOKEN, TRANSITION],
}
