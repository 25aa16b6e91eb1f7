import { readdir, readFile, writeFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { claimQueued } from '@medforge/api/scoring/queue.ts'
import { createBoardThread, createThreadScorer } from '@medforge/api/scoring/scorer.ts'
import { SUBMISSIONS } from '@medforge/api/scoring/submission-queue.ts'
import type { SubmissionAccepted } from '@medforge/contracts'
import { describe, expect } from 'vitest'
import {
  computeHere,
  openWorker,
  type Site,
  signIn,
  statusOf,
  submit,
  test,
  titanicWithMatches,
} from '../competitions/site.ts'
import { GOOD, scoresOf } from './stage.ts'

describe('the whole way', () => {
  test('an upload waits for its score, which a thread computes', async ({ site, db }) => {
    const api = await site.openApi({ AUTO_SCORE_ON_SUBMIT: 'true' })
    const { visitor } = await signIn(api, db)
    const scorer = createThreadScorer(foldersOf(site))
    const worker = await openWorker(db, site, { ...api, scorers: [scorer] })
    const stopping = new AbortController()
    const running = worker.run(stopping.signal)
    const accepted: SubmissionAccepted = await submit(
      visitor,
      await titanicWithMatches(site.hiddenRoot, 400),
    )
    expect(accepted.submission).toMatchObject({
      score_status: 'scored',
      official_score: { primary_score: 400 / 418 },
    })
    expect(accepted.remaining_today).toBe(19)
    stopping.abort()
    await running
  })

  test('the same file gives the same double in a thread and here', async ({
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, await titanicWithMatches(site.hiddenRoot, 123))
    const claim = await claimQueued(db, SUBMISSIONS, {
      worker: 'w',
      now: site_api.clock.now(),
      leaseMs: 1000,
    })
    if (claim?.job.submissionId !== submission.id) throw new Error('no claim')
    const inThread = createThreadScorer(foldersOf(site))
    const here = await computeHere(site)
    const [there, mine] = [await inThread.score(claim.job), await here.score(claim.job)]
    if (there.kind !== 'scored' || mine.kind !== 'scored') throw new Error('It was not scored.')
    expect(there.result).toEqual(mine.result)
    // A Buffer that came from a thread is a plain array of bytes.
    expect(Buffer.from(there.fingerprint ?? [])).toEqual(Buffer.from(mine.fingerprint ?? []))
    await inThread.close()
  })
})

describe('the thread that computes for boards', () => {
  test('has the lowest priority, and leaves every other thread its own', async ({
    site,
    site_api,
    db,
  }) => {
    expect(site_api).toBeDefined()
    const { slug, ...row } = await db
      .selectFrom('competitions')
      .selectAll()
      .where('slug', '=', 'titanic-survival')
      .executeTakeFirstOrThrow()
    const own = getPriority()
    const before = await prioritiesOfThreads()
    const thread = createBoardThread(foldersOf(site))
    const outcome = await thread.compute({
      competitionSlug: slug,
      bundleVersion: row.bundle_version,
      metricVersion: row.metric_version,
      evaluationSplitVersion: row.evaluation_split_version,
      manifestSha256: row.manifest_sha256,
      ask: 'reference',
      source: 'majority',
    })
    expect(outcome).toMatchObject({ kind: 'measured', result: { primary_score: 263 / 418 } })
    const after = await prioritiesOfThreads()
    await thread.close()
    expect(getPriority()).toBe(own)
    const lowest = (all: Map<string, number>) => [...all.values()].filter((nice) => nice === 19)
    expect(lowest(after).length).toBeGreaterThan(own === 19 ? 0 : lowest(before).length)
    for (const [id, nice] of before) expect(after.get(id) ?? nice).toBe(nice)
  })
})

/** Of this process, by the thread's id. */
async function prioritiesOfThreads(): Promise<Map<string, number>> {
  const priorities = new Map<string, number>()
  for (const id of await readdir('/proc/self/task')) {
    const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')
    // The 19th field, counted behind the name, which may hold blanks.
    const nice = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]
    if (nice !== undefined) priorities.set(id, Number(nice))
  }
  return priorities
}

/** A thread that a file can make hang or grow, as a fault of the scorer would. */
const POISONED = `
import { parentPort } from 'node:worker_threads'
import { readFile } from 'node:fs/promises'
const kept = []
parentPort.on('message', async ({ submissionId }) => {
  const poison = await readFile(POISON, 'utf8')
  if (poison.includes(submissionId + ' loops')) for (;;);
  if (poison.includes(submissionId + ' allocates')) for (;;) kept.push(new Array(100_000).fill(Math.random()))
  parentPort.postMessage({ kind: 'scored', result: { primary_score: 0.5, score_components: {} } })
})`

describe('a poison file', () => {
  test.for(['loops', 'allocates'])(
    'that %s fails after three attempts, and the others are scored',
    async (how, { site, site_api, db }) => {
      const { visitor } = await signIn(site_api, db)
      const poison = await submit(visitor, GOOD)
      site_api.clock.advance(10)
      const others = [await submit(visitor, GOOD), await submit(visitor, GOOD)]
      const list = join(site.submissionsDir, 'poison')
      await writeFile(list, `${poison.submission.id} ${how}`)
      const entry = join(site.submissionsDir, 'thread.mjs')
      await writeFile(entry, POISONED.replace('POISON', JSON.stringify(list)))
      const limits = { timeMs: how === 'loops' ? 3000 : 20_000, memoryMb: 32 }
      const scorer = createThreadScorer(foldersOf(site), limits, pathToFileURL(entry))
      const worker = await openWorker(db, site, { ...site_api, scorers: [scorer] })
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await worker.drain()
        site_api.clock.advance(5000)
      }
      expect(await statusOf(db, poison.submission.id)).toMatchObject({
        score_status: 'failed',
        attempts: 3,
        counts_against_cap: false,
        score_error_internal: expect.stringMatching(how === 'loops' ? /3000 ms/ : /memory/),
      })
      for (const { submission } of others) {
        expect((await statusOf(db, submission.id)).score_status).toBe('scored')
        expect(await scoresOf(db, submission.id)).toHaveLength(1)
      }
      await scorer.close()
    },
  )
})

function foldersOf({ installedRoot, hiddenRoot, submissionsDir }: Site) {
  return { installedRoot, hiddenRoot, submissionsDir }
}
