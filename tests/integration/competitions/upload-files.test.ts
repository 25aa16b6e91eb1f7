import { once } from 'node:events'
import { utimes, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection } from 'node:net'
import { join } from 'node:path'
import { createSubmissionStore } from '@medforge/api/competitions/submission-store.ts'
import { sweepAbandonedFiles } from '@medforge/api/competitions/sweep.ts'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { multipart, signIn, submit, TITANIC, test, titanicCsv } from './site.ts'

const GOOD = titanicCsv()

describe('the files of uploads', () => {
  test('are gone when the sender goes away in the middle', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    await site_api.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = site_api.app.server.address() as AddressInfo
    const form = multipart([{ name: 'file', filename: 'a.csv', content: GOOD.repeat(50) }])
    const socket = createConnection(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `POST /api/v1/competitions/${TITANIC}/submissions HTTP/1.1\r\nhost: api.medforge.localhost\r\ncookie: ${visitor.cookie()}\r\n` +
        `content-type: ${form.headers['content-type']}\r\ncontent-length: ${form.body.length}\r\n\r\n`,
    )
    socket.write(form.body.subarray(0, 100_000))
    await eventually(async () => (await site.files()).length === 1)
    socket.destroy()
    await eventually(async () => (await site.files()).length === 0)
    expect(await db.selectFrom('submissions').selectAll().execute()).toEqual([])
  })

  test('are swept when a crash left them without a row', async ({ site, site_api, db }) => {
    const { visitor } = await signIn(site_api, db)
    const { submission } = await submit(visitor, GOOD)
    const { submissionsDir } = site
    const orphan = '11111111-2222-4333-8444-555555555555.csv'
    const old = [orphan, 'incoming/half.part', `${submission.id}.csv`, 'readme.txt']
    const young = ['incoming/now.part', '99999999-2222-4333-8444-555555555555.csv']
    for (const name of [orphan, 'incoming/half.part', 'readme.txt', ...young]) {
      await writeFile(join(submissionsDir, name), 'x')
    }
    const { clock, context } = site_api
    clock.set(new Date())
    const longAgo = new Date(Date.now() - 2 * 3_600_000)
    for (const name of old) await utimes(join(submissionsDir, name), longAgo, longAgo)
    const store = createSubmissionStore(submissionsDir)
    expect(await sweepAbandonedFiles({ db, store, clock, logger: context.logger })).toBe(2)
    expect((await site.files()).toSorted()).toEqual(
      [`${submission.id}.csv`, 'readme.txt', 'now.part', young[1]].toSorted(),
    )
  })
})
