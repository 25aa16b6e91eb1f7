import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createComputer } from '@medforge/api/scoring/compute.ts'
import type { Scorer } from '@medforge/api/scoring/job.ts'
import { createScoringWorker, type WorkerTimes } from '@medforge/api/scoring/worker.ts'
import {
  BUNDLES_ROOT,
  competitionSeeds,
  ensureCompetitionData,
  loadBundles,
  readCurrentVersion,
  readHoldoutFacts,
  readHoldoutTable,
} from '@medforge/competitions'
import type { SubmissionAccepted } from '@medforge/contracts'
import { type CompetitionSeed, type DB, seedCompetition } from '@medforge/db'
import type { Table } from '@medforge/scoring'
import { asProcess, type FakeClock, newUser, type Visitor } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { test as base, collectLines, type LogLine, type TestApp } from '../app.ts'

export const TITANIC = 'titanic-survival'
export const SEED = 'the secret seed of the tests, long enough'

export type Site = {
  submissionsDir: string
  /** Imported public parts. */
  installedRoot: string
  hiddenRoot: string
  /** The API with this site's folders; `AUTO_SCORE_ON_SUBMIT` is off unless set. */
  openApi(env?: Record<string, string>): Promise<TestApp>
  /** Every file below the submissions folder. */
  files(): Promise<string[]>
}

/** `test` with the three competitions seeded on demo holdouts, and a folder for uploads. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  .extend('hiddenRoot', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'medforge-hidden-'))
    onCleanup(() => rm(folder, { recursive: true }))
    await makeHoldouts(folder)
    return folder
  })
  .extend('site', async ({ db, hiddenRoot, open }, { onCleanup }): Promise<Site> => {
    const submissionsDir = await mkdtemp(join(tmpdir(), 'medforge-submissions-'))
    const installedRoot = await mkdtemp(join(tmpdir(), 'medforge-bundles-'))
    onCleanup(async () => {
      await rm(submissionsDir, { recursive: true })
      await rm(installedRoot, { recursive: true })
    })
    await seedCompetitions(db, hiddenRoot)
    return {
      submissionsDir,
      installedRoot,
      hiddenRoot,
      openApi: (env = {}) =>
        open({
          env: {
            SUBMISSIONS_DIR: submissionsDir,
            COMPETITIONS_PUBLIC_DIR: installedRoot,
            AUTO_SCORE_ON_SUBMIT: 'false',
            ...env,
          },
        }),
      async files() {
        const entries = await readdir(submissionsDir, { recursive: true, withFileTypes: true })
        return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
      },
    }
  })
  .extend('site_api', async ({ site }): Promise<TestApp> => site.openApi())

export async function makeHoldouts(hiddenRoot: string): Promise<void> {
  await ensureCompetitionData({
    publicRoot: BUNDLES_ROOT,
    hiddenRoot,
    secretSeed: SEED,
    log: () => {},
    readerGid: null,
  })
}

export async function seedCompetitions(db: Kysely<DB>, hiddenRoot: string): Promise<void> {
  for (const seed of await seedsOf(hiddenRoot)) await seedCompetition(db, seed)
}

export async function seedsOf(hiddenRoot: string): Promise<CompetitionSeed[]> {
  const at = new Date('2026-03-01T00:00:00Z')
  return competitionSeeds({ publicRoot: BUNDLES_ROOT, hiddenRoot, at, log: () => {} })
}

/** Somebody who is logged in. */
export async function signIn(
  { visitor }: TestApp,
  db: Kysely<DB>,
  overrides: Parameters<typeof newUser>[1] = {},
): Promise<{ visitor: Visitor; userId: string }> {
  const user = await newUser(db, overrides)
  const person = visitor()
  await person.logIn(user.email)
  return { visitor: person, userId: user.id }
}

export type Part = { name: string; filename?: string; content: string | Buffer }

const BOUNDARY = 'medforge-test-boundary'

export function multipart(parts: Part[]): { headers: Record<string, string>; body: Buffer } {
  const chunks = parts.flatMap(({ name, filename, content }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: text/csv`,
    '\r\n\r\n',
    content,
    '\r\n',
  ])
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Buffer.concat([...chunks, `--${BOUNDARY}--\r\n`].map((chunk) => Buffer.from(chunk))),
  }
}

export type UploadOptions = {
  slug?: string
  filename?: string
  headers?: Record<string, string>
}

export function upload(
  visitor: Visitor,
  content: string | Buffer,
  { slug = TITANIC, filename = 'prediction.csv', headers = {} }: UploadOptions = {},
) {
  const form = multipart([{ name: 'file', filename, content }])
  return visitor.ask(`/competitions/${slug}/submissions`, {
    method: 'POST',
    body: form.body,
    headers: { ...form.headers, ...headers },
  })
}

/** Uploads what has to be accepted. */
export async function submit(
  visitor: Visitor,
  content: string | Buffer,
  options: UploadOptions = {},
): Promise<SubmissionAccepted> {
  return (await upload(visitor, content, options)).data<SubmissionAccepted>()
}

/** A Titanic prediction; `survived` says who. */
export function titanicCsv(survived: (passenger: number) => number = () => 0): string {
  const rows = Array.from({ length: 418 }, (_, at) => `${892 + at},${survived(892 + at)}\n`)
  return `PassengerId,Survived\n${rows.join('')}`
}

export async function readHoldout(hiddenRoot: string, slug: string): Promise<Table> {
  const bundle = (await loadBundles()).find(({ manifest }) => manifest.slug === slug)
  if (!bundle) throw new Error(`There is no bundle ${slug}.`)
  const version = (await readCurrentVersion(hiddenRoot, slug)) ?? ''
  return readHoldoutTable(hiddenRoot, bundle, await readHoldoutFacts(hiddenRoot, slug, version))
}

/** A Titanic prediction that gets exactly so many of the 418 right. */
export async function titanicWithMatches(hiddenRoot: string, matches: number): Promise<string> {
  const holdout = await readHoldout(hiddenRoot, TITANIC)
  if (holdout.kind !== 'labels') throw new Error('Titanic has labels.')
  return titanicCsv((passenger) => {
    const place = passenger - 892
    const label = holdout.labels[place] ?? 0
    return place < matches ? label : 1 - label
  })
}

export type WorkerOptions = {
  name?: string
  clock: FakeClock
  /** Runs with the clock unless given. */
  monotonicMs?: () => number
  scorers?: Scorer[]
  times?: Partial<WorkerTimes>
}

/** A worker without threads: its scorers compute in this one. */
export async function openWorker(db: Kysely<DB>, site: Site, options: WorkerOptions) {
  const logs: LogLine[] = []
  const worker = createScoringWorker({
    db: asProcess(db, 'worker'),
    clock: options.clock,
    monotonicMs: options.monotonicMs ?? (() => options.clock.now().getTime()),
    logger: createLogger('worker', 'debug', collectLines(logs)),
    name: options.name ?? 'worker-1',
    scorers: options.scorers ?? [await computeHere(site)],
    ...(options.times ? { times: options.times } : {}),
  })
  return {
    ...worker,
    logs,
    /** Score everything that can be scored now. */
    async drain() {
      for (;;) {
        const before = logs.length
        await worker.claimAvailable()
        await worker.idle()
        if (logs.length === before) return
      }
    },
  }
}

export async function computeHere(site: Site): Promise<Scorer> {
  const { hiddenRoot, submissionsDir, installedRoot } = site
  const computer = createComputer({ installedRoot, hiddenRoot, submissionsDir })
  return { score: computer.compute, close: async () => {} }
}

export async function statusOf(db: Kysely<DB>, id: string) {
  return db.selectFrom('submissions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}
