import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { Scorer, ScoringJob } from './job.ts'
import { createThreadScorer } from './scorer.ts'

/** A thread that does what the job's file name says, as a hostile file might make the real one do. */
const STAND_IN = `
import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ storedName }) => {
  if (storedName === 'hang') for (;;) {}
  if (storedName === 'grow') { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }
  if (storedName === 'throw') throw new Error('poison')
  if (storedName === 'exit') process.exit(3)
  if (storedName !== 'never') parentPort.postMessage({ kind: 'scored', result: { primary_score: 1, score_components: {} } })
})
`
const folders: string[] = []
const scorers: Scorer[] = []

afterEach(async () => {
  for (const scorer of scorers.splice(0)) await scorer.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function open(timeMs = 20_000): Promise<Scorer> {
  const folder = await mkdtemp(join(tmpdir(), 'scorer-'))
  folders.push(folder)
  const entry = join(folder, 'thread.mjs')
  await writeFile(entry, STAND_IN)
  const nowhere = { installedRoot: '', hiddenRoot: '', submissionsDir: '' }
  const scorer = createThreadScorer(nowhere, { timeMs, memoryMb: 32 }, pathToFileURL(entry))
  scorers.push(scorer)
  return scorer
}

const job = (storedName: string) => ({ storedName }) as ScoringJob

describe(createThreadScorer, () => {
  test.each([
    { note: 'takes too long', name: 'hang', timeMs: 3000, reason: 'longer than 3000 ms' },
    { note: 'takes too much memory', name: 'grow', timeMs: 20_000, reason: 'memory' },
    { note: 'throws', name: 'throw', timeMs: 20_000, reason: 'poison' },
    { note: 'ends its thread', name: 'exit', timeMs: 20_000, reason: 'code 3' },
  ])(
    'survives a job that $note, and scores the next',
    async ({ name, timeMs, reason }) => {
      const scorer = await open(timeMs)
      expect(await scorer.score(job(name))).toEqual({
        kind: 'fault',
        reason: expect.stringContaining(reason),
      })
      expect(await scorer.score(job('fine'))).toMatchObject({ kind: 'scored' })
    },
    30_000,
  )

  test('interrupts a job when it is closed, and takes no more', async () => {
    const scorer = await open()
    const scoring = scorer.score(job('never'))
    await scorer.close()
    expect(await scoring).toEqual({ kind: 'interrupted' })
    expect(await scorer.score(job('fine'))).toEqual({ kind: 'interrupted' })
  })
})
