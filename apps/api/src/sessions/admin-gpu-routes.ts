import { AdminGpu, AdminGpuChange, GpuIdParams } from '@medforge/contracts'
import { listGpus, setGpuEnabled } from '@medforge/core'
import { inTransaction } from '@medforge/db'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS, type AdminDeps } from '../http/admin.ts'
import { DomainError } from '../http/domain-error.ts'
import { principalOf } from '../http/guards.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'

/** `/admin/gpus…` */
export function gpuAdminRoutes({ db, clock, guards }: AdminDeps): Routes {
  return async (app) => {
    app.get(
      '/admin/gpus',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'The GPU map: wish, observation and holder of each',
          tags: ADMIN_TAGS,
          success: { 200: Type.Array(AdminGpu) },
          problems: [...ADMIN_PROBLEMS],
        }),
      },
      async (request) => envelopeOf(request, await listGpus(db)),
    )

    app.patch(
      '/admin/gpus/:gpu_id',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Offer a GPU to sessions, or do not',
          description:
            'The session that holds it goes on; no other gets it afterwards. Enabling also ends the quarantine of a fault, once the device answers.',
          tags: ADMIN_TAGS,
          params: GpuIdParams,
          body: AdminGpuChange,
          success: { 200: AdminGpu },
          problems: ['origin_not_allowed', ...ADMIN_PROBLEMS, 'not_found'],
        }),
      },
      async (request) => {
        const id = Number(request.params.gpu_id)
        const isEnabled = request.body.is_enabled
        const actorUserId = principalOf(request).userId
        const by = { actorUserId, requestId: request.id, at: clock.now() }
        await inTransaction(db, (tx) => setGpuEnabled(tx, id, { isEnabled }, by))
        const gpu = (await listGpus(db)).find((each) => each.id === id)
        if (!gpu) throw new DomainError('not_found', { detail: `There is no GPU ${id}.` })
        return envelopeOf(request, gpu)
      },
    )
  }
}
