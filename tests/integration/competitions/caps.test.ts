import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ApiError, createClient } from '@medforge/client'
import type { DB } from '@medforge/db'
import { eventually, findFreePort, newUser, PASSWORD } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { serverEnv } from '../app.ts'
import { test as base, signIn, TITANIC, titanicCsv, upload } from './site.ts'

const GOOD = titanicCsv()
const DAY_MS = 86_400_000
const SERVER = fileURLToPath(import.meta.resolve('@medforge/api/main/server.ts'))

const test = base.extend('serve', async ({ site, database }, { onCleanup }) => {
  const children: ChildProcess[] = []
  onCleanup(async () => {
    for (const child of children) {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
  })
  /**
   * A server process of its own on this test's database and folder.
   *
   * @param offsetMs  how far its clock is ahead of ours
   * @returns its address
   */
  return async (offsetMs = 0): Promise<string> => {
    const port = await findFreePort()
    const child = fork(SERVER, {
      env: {
        PATH: '/usr/bin',
        ...serverEnv(database.urlOf('server'), {
          API_PORT: String(port),
          SUBMISSIONS_DIR: site.submissionsDir,
          AUTO_SCORE_ON_SUBMIT: 'false',
        }),
      },
      execArgv: offsetMs === 0 ? [] : ['--import', clockAhead(offsetMs)],
      silent: true,
    })
    children.push(child)
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    await eventually(() => output.includes('server.listening'), { timeoutMs: 60_000 })
    return `http://127.0.0.1:${port}`
  }
})

/** A module that a process loads first of all, and from then on its clock is so far ahead. */
function clockAhead(offsetMs: number): string {
  const code = `
    const True = Date
    globalThis.Date = class extends True {
      constructor(...given) {
        given.length === 0 ? super(True.now() + ${offsetMs}) : super(...given)
      }
      static now() {
        return True.now() + ${offsetMs}
      }
    }`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

// Two processes start, on a machine that may be busy.
describe('the daily cap', { timeout: 90_000 }, () => {
  test('is kept by two server processes together, and one key makes one submission in both', async ({
    site,
    db,
    serve,
  }) => {
    const { email } = await newUser(db)
    const addresses = await Promise.all([serve(), serve()])
    const cookies = await Promise.all(addresses.map((address) => logIn(address, email)))
    const clients = addresses.map((baseUrl, at) =>
      createClient({ baseUrl, headers: { cookie: cookies[at] ?? '' } }),
    )
    const file = new File([GOOD], 'prediction.csv')
    const send = async (at: number, idempotencyKey?: string) => {
      const client = clients[at % 2] as (typeof clients)[number]
      try {
        const options = idempotencyKey === undefined ? {} : { idempotencyKey }
        return (await client.submit(TITANIC, file, options)).submission.id
      } catch (error) {
        if (error instanceof ApiError) return error.code
        throw error
      }
    }
    const ids = new Set(
      await Promise.all(Array.from({ length: 10 }, (_, at) => send(at, 'the-same-key'))),
    )
    expect(ids.size).toBe(1)
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => send(at)))
    const refused = answers.filter((answer) => answer === 'submission_cap_reached')
    expect([refused.length, new Set(answers).size]).toEqual([31, 20])
    expect(await site.files()).toHaveLength(20)
    expect(await db.selectFrom('submissions').select('id').execute()).toHaveLength(20)
  })

  test('is kept for each day by two server processes whose clocks stand on both sides of midnight', async ({
    site,
    db,
    serve,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 12 }).execute()
    const { email } = await newUser(db)
    const now = Date.now()
    const midnight = Math.ceil(now / DAY_MS) * DAY_MS
    // Far enough from it to stay on their side for as long as this test may take.
    const addresses = await Promise.all(
      [-1, 1].map((side) => serve(midnight - now + side * 300_000)),
    )
    const clients = await Promise.all(
      addresses.map(async (baseUrl) =>
        createClient({ baseUrl, headers: { cookie: await logIn(baseUrl, email) } }),
      ),
    )
    const days = [midnight - DAY_MS, midnight].map((at) => new Date(at))
    const file = new File([GOOD], 'prediction.csv')
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const client = clients[at % 2] as (typeof clients)[number]
        try {
          const { resets_at } = await client.submit(TITANIC, file)
          return { code: 'accepted', resets_at }
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          return { code: error.code, resets_at: error.errors[0]?.ctx?.resets_at }
        }
      }),
    )
    for (const [side, day] of days.entries()) {
      const mine = answers.filter((_, at) => at % 2 === side)
      const byCode = Object.groupBy(mine, ({ code }) => code)
      expect([byCode.accepted?.length, byCode.submission_cap_reached?.length]).toEqual([12, 13])
      const resets = new Date(day.getTime() + DAY_MS).toISOString()
      expect(new Set(mine.map(({ resets_at }) => resets_at))).toEqual(new Set([resets]))
    }
    expect(await countByDay(db)).toEqual(days.map((day) => [day.toISOString().slice(0, 10), 12]))
    expect(await site.files()).toHaveLength(24)
  })

  test('is kept for each day when uploads arrive on both sides of midnight at once', async ({
    site,
    site_api,
    db,
  }) => {
    await db.updateTable('competitions').set({ submission_cap_per_day: 5 }).execute()
    const { visitor } = await signIn(site_api, db)
    const other = await site.openApi()
    site_api.clock.set(new Date('2026-03-01T23:59:59.999Z'))
    other.clock.set(new Date('2026-03-02T00:00:00.000Z'))
    const cookie = visitor.cookie() ?? ''
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, at) =>
        at % 2 === 0
          ? upload(visitor, GOOD)
          : upload(other.visitor(), GOOD, { headers: { cookie } }),
      ),
    )
    const byStatus = Object.groupBy(answers, ({ status }) => status)
    expect([byStatus[201]?.length, byStatus[429]?.length]).toEqual([10, 14])
    expect(await countByDay(db)).toEqual([
      ['2026-03-01', 5],
      ['2026-03-02', 5],
    ])
    const resets = byStatus[429]?.map((answer) => {
      const [item] = answer.problem().errors ?? []
      return [answer.headers['retry-after'], item?.ctx]
    })
    const allowance = (resets_at: string) => ({ daily_cap: 5, remaining_today: 0, resets_at })
    expect(resets).toContainEqual(['1', allowance('2026-03-02T00:00:00.000Z')])
    expect(resets).toContainEqual(['86400', allowance('2026-03-03T00:00:00.000Z')])
  })
})

async function countByDay(db: Kysely<DB>): Promise<[string, number][]> {
  const days = await db
    .selectFrom('submissions')
    .select(['utc_day', (eb) => eb.fn.countAll<number>().as('count')])
    .groupBy('utc_day')
    .orderBy('utc_day')
    .execute()
  return days.map(({ utc_day, count }) => [utc_day, Number(count)])
}

async function logIn(address: string, email: string): Promise<string> {
  const answer = await fetch(`${address}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  expect(answer.status).toBe(200)
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}
