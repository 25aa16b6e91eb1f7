import { createBundleCatalogue, loadBundles } from '@medforge/competitions'
import { API_PREFIX } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import type { Routes } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import { type Failpoint, noFailpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import { adminSubmissionRoutes } from './admin-submission-routes.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { leaderboardRoutes } from './leaderboard-routes.ts'
import { ownSubmissionRoutes } from './own-submission-routes.ts'
import { probingRoutes } from './probing-routes.ts'
import { rescoreRoutes } from './rescore-routes.ts'
import { createScoreWatch } from './score-watch.ts'
import { submissionRoutes } from './submission-routes.ts'
import { createSubmissionStore } from './submission-store.ts'
import { sweepAbandonedFiles } from './sweep.ts'
import { uploadRoutes } from './upload-routes.ts'

export type CompetitionsDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  guards: RouteGuards
  pagination: Pagination
  /** `api.medforge.<DOMAIN>` */
  apiHost: string
  settings: {
    /** SUBMISSIONS_DIR */
    dir: string
    /** COMPETITIONS_PUBLIC_DIR */
    bundlesDir: string
    uploadMaxBytes: number
    autoScoreOnSubmit: boolean
  }
  /** Aborts when the process is asked to end: nobody waits for a score any longer. */
  signal: AbortSignal
  failpoint?: Failpoint
}

const SWEEP_INTERVAL_MS = 3_600_000

/** Reads the shipped bundles when it is registered, so one that cannot be used stops the start with its reason. */
export function competitionRoutes(deps: CompetitionsDeps): Routes {
  const { db, clock, logger, signal, settings } = deps
  return async (app) => {
    await loadBundles()
    const bundles = createBundleCatalogue({ installedRoot: settings.bundlesDir })
    const store = createSubmissionStore(settings.dir)
    const closing = new AbortController()
    const ending = AbortSignal.any([signal, closing.signal])
    const watch = createScoreWatch({ db, logger, signal: ending })
    const failpoint = deps.failpoint ?? noFailpoint
    const submissions = { ...deps, bundles, store, watch, failpoint }
    const apiUrl = `https://${deps.apiHost}${API_PREFIX}`

    await app.register(catalogueRoutes({ ...deps, bundles, apiUrl }))
    await app.register(leaderboardRoutes(deps))
    await app.register(submissionRoutes(submissions))
    await app.register(ownSubmissionRoutes(submissions))
    await app.register(adminSubmissionRoutes({ ...deps, watch }))
    await app.register(probingRoutes(deps))
    await app.register(rescoreRoutes(deps))
    await app.register(uploadRoutes(submissions))

    const sweeping = createLoop({
      intervalMs: SWEEP_INTERVAL_MS,
      backoffMaxMs: SWEEP_INTERVAL_MS,
      signal: ending,
      runOnce: async () => void (await sweepAbandonedFiles({ db, store, clock, logger })),
      onFailure: (error) => logger.warn({ err: error }, 'submission.sweep_failed'),
    })
    let swept: Promise<void> | undefined
    app.addHook('onListen', async () => {
      swept = sweeping.run()
    })
    app.addHook('onClose', async () => {
      closing.abort()
      await swept
    })
  }
}
