import { createLogger } from '@medforge/api/lib/logger.ts'
import { fillBoards } from '@medforge/api/scoring/board-fill.ts'
import { createComputer } from '@medforge/api/scoring/compute.ts'
import {
  describeHoldout,
  factsOf,
  inspectBundle,
  seedOf,
  storeBundle,
  storeHoldout,
} from '@medforge/competitions'
import type { CompetitionDetail, Leaderboard, Submission } from '@medforge/contracts'
import { type DB, seedCompetition } from '@medforge/db'
import { asProcess } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { METRIC_BUNDLES, writeBundle } from '../../support/bundles.ts'
import { openWorker, SEED, type Site, signIn, submit, test, upload } from '../competitions/site.ts'

/** What `./medforge competition import` does with a bundle that is new. */
async function importBundle(db: Kysely<DB>, site: Site, folder: string): Promise<void> {
  const inspected = await inspectBundle(folder)
  if (!inspected.ok) throw new Error(JSON.stringify(inspected.faults))
  const { bundle, files, labels } = inspected.value
  if (!labels) throw new Error('There are no labels.')
  const { slug } = bundle.manifest
  const bundle_version = await storeBundle(site.installedRoot, slug, files)
  const manifest = describeHoldout(bundle, labels, SEED)
  await storeHoldout(site.hiddenRoot, manifest, labels, null)
  await seedCompetition(db, seedOf(bundle, factsOf(manifest), new Date('2026-03-01T00:00:00Z')))
  await db.updateTable('competitions').set({ bundle_version }).where('slug', '=', slug).execute()
}

describe('a bundle and no code', () => {
  for (const { slug, metric, bundle, files, faulty, beside } of METRIC_BUNDLES) {
    test(`makes a competition for ${metric}: files, scores and board`, async ({
      db,
      site,
      site_api,
    }) => {
      await importBundle(db, site, await writeBundle(bundle))
      const first = await signIn(site_api, db)
      const detail = await first.visitor.get(`/competitions/${slug}`)
      expect(detail.data<CompetitionDetail>()).toMatchObject({
        metric,
        submission_spec: { metric, id_column: 'picture' },
      })
      expect((await upload(first.visitor, faulty, { slug })).status).toBe(422)

      const worker = await openWorker(db, site, { clock: site_api.clock })
      for (const { csv, value } of files) {
        const { visitor } = await signIn(site_api, db)
        await submit(visitor, csv, { slug })
        await worker.drain()
        const mine = await visitor.get(`/competitions/${slug}/submissions/me`)
        const [submission] = mine.data<Submission[]>()
        expect(submission?.official_score?.primary_score).toBe(value)
      }
      await fillBoards({
        db: asProcess(db, 'worker'),
        clock: site_api.clock,
        logger: createLogger('worker', 'fatal'),
        computer: { compute: createComputer(site).computeForBoard, close: async () => {} },
        idle: worker.idle,
      })
      const board = await first.visitor.get(`/competitions/${slug}/leaderboard`)
      const { entries, reference_entries } = board.data<Leaderboard>()
      expect(entries.map((entry) => entry.primary_score)).toEqual(files.map(({ value }) => value))
      expect(entries[0]?.secondary_scores).toEqual(beside.secondary)
      expect(reference_entries).toMatchObject([{ name: 'Chance', primary_score: beside.reference }])
    })
  }
})
