import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleVersionOf, loadBundles, readPublicFiles, storeBundle } from '@medforge/competitions'
import type { CompetitionDetail } from '@medforge/contracts'
import { type DB, seedCompetition } from '@medforge/db'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import {
  multipart,
  type Site,
  seedCompetitions,
  seedsOf,
  signIn,
  submit,
  TITANIC,
  test,
  titanicCsv,
  upload,
} from './site.ts'

/** Titanic with other words, imported beside the one that comes with MedForge. */
async function importTitanic(db: Kysely<DB>, site: Site): Promise<string> {
  const shipped = { slug: TITANIC, bundle_version: null }
  const files = await readPublicFiles({ installedRoot: site.installedRoot }, shipped)
  const version = await storeBundle(site.installedRoot, TITANIC, {
    ...files,
    'overview.md': Buffer.from('Imported words.'),
  })
  await db
    .updateTable('competitions')
    .set({ bundle_version: version, description: 'Imported words.', submission_cap_per_day: 3 })
    .where('slug', '=', TITANIC)
    .execute()
  return version
}

describe('an imported competition', () => {
  test('stays as it was imported when the shipped ones are seeded again', async ({
    site,
    site_api,
    db,
  }) => {
    await importTitanic(db, site)
    await seedCompetitions(db, site.hiddenRoot)
    const { visitor } = await signIn(site_api, db)
    const detail = await visitor.get(`/competitions/${TITANIC}`)
    expect(detail.data<CompetitionDetail>()).toMatchObject({
      description: 'Imported words.',
      submission_cap_per_day: 3,
    })
  })

  test('is found by a server that was running before the import', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    expect((await upload(visitor, titanicCsv())).status).toBe(201)
    await importTitanic(db, site)
    expect((await upload(visitor, titanicCsv())).status).toBe(201)
    expect((await visitor.get(`/competitions/${TITANIC}/sample-submission`)).status).toBe(200)
  })

  test('is stored under the hash of its files, so damage shows and is repaired by importing again', async ({
    site,
    db,
  }) => {
    const version = await importTitanic(db, site)
    const installed = { slug: TITANIC, bundle_version: version }
    const read = () => readPublicFiles({ installedRoot: site.installedRoot }, installed)
    expect(bundleVersionOf(await read())).toBe(version)
    await writeFile(join(site.installedRoot, TITANIC, version, 'rules.md'), 'Anything goes.')
    expect(bundleVersionOf(await read())).not.toBe(version)
    expect(await importTitanic(db, site)).toBe(version)
    expect(bundleVersionOf(await read())).toBe(version)
    expect(await loadBundles()).toHaveLength(3)
  })
})

describe('an imported competition whose files are damaged', () => {
  test('can be read, and is 503 for whoever needs them, until they are imported again', async ({
    site,
    site_api,
    db,
  }) => {
    const version = await importTitanic(db, site)
    await writeFile(join(site.installedRoot, TITANIC, version, 'rules.md'), 'Anything goes.')
    const { visitor } = await signIn(site_api, db)
    const detail = await visitor.get(`/competitions/${TITANIC}`)
    expect(detail.data<CompetitionDetail>()).toMatchObject({
      slug: TITANIC,
      description: 'Imported words.',
      submission_spec: null,
    })
    const sample = () => visitor.get(`/competitions/${TITANIC}/sample-submission`)
    const check = multipart([{ name: 'file', filename: 'a.csv', content: titanicCsv() }])
    const validate = () =>
      visitor.ask(`/competitions/${TITANIC}/submissions/validate`, { method: 'POST', ...check })
    for (const answer of [await sample(), await upload(visitor, titanicCsv()), await validate()]) {
      expect(answer.status).toBe(503)
      expect(answer.problem().code).toBe('holdout_unavailable')
      expect(answer.text).not.toContain(site.installedRoot)
      expect(answer.headers['retry-after']).toBe('30')
    }
    const warned = site_api.logs.find(({ msg }) => msg === 'competition.bundle_unavailable')
    expect(warned).toMatchObject({ competition: TITANIC })

    await importTitanic(db, site)
    for (const answer of [await sample(), await validate()]) expect(answer.status).toBe(200)
    expect((await submit(visitor, titanicCsv())).remaining_today).toBe(2)
  })
})

describe('a competition that comes with MedForge', () => {
  test('keeps its holdout where it has submissions, whatever the next version would begin with', async ({
    site,
    site_api,
    db,
  }) => {
    const seed = (await seedsOf(site.hiddenRoot)).find(
      ({ competition: { slug } }) => slug === TITANIC,
    )
    if (!seed) throw new Error('no seed')
    const { competition } = seed
    const next = (split: string, title: string) =>
      seedCompetition(db, {
        ...seed,
        competition: {
          ...competition,
          title,
          evaluation_split_version: split,
          manifest_sha256: 'a'.repeat(64),
        },
      })
    const stamps = ['title', 'evaluation_split_version', 'manifest_sha256', 'status'] as const
    const row = () =>
      db
        .selectFrom('competitions')
        .select(stamps)
        .where('slug', '=', TITANIC)
        .executeTakeFirstOrThrow()

    expect(await next('second', 'Nobody submitted')).toBeNull()
    expect(await row()).toMatchObject({ evaluation_split_version: 'second' })
    const { visitor } = await signIn(site_api, db)
    await submit(visitor, titanicCsv())
    const before = await row()
    expect(await next('third', 'Other words')).toBe('second')
    expect(await row()).toEqual({ ...before, title: 'Other words' })
    expect(await next('second', 'Other words')).toBeNull()
  })
})
