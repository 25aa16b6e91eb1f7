import { type Static, Type } from 'typebox'
import { SIGNUP_MODES } from './identity.ts'
import { literals } from './primitives.ts'
import { GPU_MODES } from './sessions.ts'

/** `GET /status`: what anybody may know about the host. */
export const PlatformStatus = Type.Object({
  gpus: Type.Object({
    total: Type.Integer({ description: 'Enabled, present and healthy.' }),
    free: Type.Integer(),
    mode: literals(GPU_MODES),
  }),
  active_sessions: Type.Integer(),
  health: literals(['ok', 'degraded']),
  signup_mode: literals(SIGNUP_MODES),
})
export type PlatformStatus = Static<typeof PlatformStatus>

/** `GET /healthz`; `reasons` only with `degraded`. */
export const Health = Type.Object({
  status: literals(['ok', 'degraded']),
  reasons: Type.Optional(Type.Array(Type.String())),
  operator_reasons: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Those of `reasons` that only the operator can end, as by freeing storage. Absent where there is none.',
    }),
  ),
})
export type Health = Static<typeof Health>
