import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Session } from '@medforge/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  inContainer,
  openDatabase,
  REPOSITORY,
  readInstallation,
  runOnHost,
  runOnPool,
} from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, visit } from '../support/sessions.ts'

const installation = readInstallation()
const execute = promisify(execFile)

const medforge = (...args: string[]) => runOnHost(`${REPOSITORY}/medforge`, ...args)
const json = async (...args: string[]) => JSON.parse(await medforge(...args, '--json'))

/** A file system in user space is told of a file's end a moment after the program that read it has ended: until then it is busy. */
async function destroyClone(dataset: string): Promise<void> {
  const destroy = () =>
    runOnPool('zfs', 'destroy', dataset).then(
      () => true,
      () => false,
    )
  await eventually(destroy, `${dataset} is destroyed`)
}

async function newestAudit(limit: number) {
  const db = openDatabase(installation)
  const newest = db.selectFrom('audit_events').selectAll().orderBy('id', 'desc').limit(limit)
  return newest.execute().finally(() => db.destroy())
}

/** What a command says when it refuses; it has no terminal to ask on. */
async function refusalOf(...args: string[]): Promise<string> {
  const child = execute(`${REPOSITORY}/medforge`, args)
  child.child.stdin?.end()
  return child.then(
    () => 'nothing was refused',
    ({ stderr }: { stderr: string }) => stderr,
  )
}

let person: Person
let session: Session

beforeAll(async () => {
  person = await signUp(installation)
  session = await launch(person)
  await inContainer(`mf-session-${session.slug}`, 'sh', '-c', 'echo precious > /workspace/thesis')
})

afterAll(async () => {
  const { sessions } = await json('users', 'show', person.email)
  for (const { slug, status } of sessions) {
    if (status === 'running') await medforge('sessions', 'stop', slug, '--yes')
  }
})

describe('./medforge doctor', () => {
  test('finds nothing to put right on a host that up has set up', async () => {
    const report = JSON.parse(
      await medforge('doctor', '--json').catch(({ stdout }: { stdout: string }) => stdout),
    )
    expect(report.verdicts.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([])
    expect(report.ok).toBe(true)
  })
})

describe('./medforge sessions', () => {
  test('shows a session with its events and its container', async () => {
    const { sessions } = await json('sessions', 'list')
    expect(sessions).toContainEqual(
      expect.objectContaining({ slug: session.slug, user_email: person.email, status: 'running' }),
    )
    const shown = await json('sessions', 'show', session.slug)
    expect(shown).toMatchObject({ container_state: 'running', session: { id: session.id } })
    expect(shown.events.at(-1)).toMatchObject({ to_status: 'running' })
  })

  test('ends nothing that nobody confirmed', async () => {
    expect(await refusalOf('sessions', 'stop', session.slug)).toContain('no terminal to ask on')
    expect((await visit(installation, session.slug, person, '/healthz')).status).toBe(200)
  })

  test('stops one, waits until it has ended, and says which snapshot there is', async () => {
    const { session: ended } = await json('sessions', 'stop', session.slug, '--yes')
    expect(ended).toMatchObject({ status: 'stopped', container_id: null })
    expect(ended.last_snapshot).toMatch(/@stop-\d{13}$/)
    expect((await json('sessions', 'show', session.slug)).container_state).toBeNull()
  })
})

describe('./medforge snapshots', () => {
  test('gives a lost file back from a clone, and touches neither snapshot nor dataset', {
    timeout: 120_000,
  }, async () => {
    const { snapshots } = await json('snapshots', 'list', '--user', person.email)
    expect(snapshots).toHaveLength(1)
    const [{ name, dataset }] = snapshots
    expect(snapshots[0]).toMatchObject({ slug: session.slug, dataset: session.workspace_zfs })
    expect((await json('snapshots', 'show', name.split('@')[1])).snapshot).toEqual(snapshots[0])

    expect(await refusalOf('snapshots', 'clone', name)).toContain(
      `zfs clone -o canmount=noauto ${name}`,
    )
    expect(await refusalOf('snapshots', 'clone', name, dataset, '--yes')).toContain(
      'exists already',
    )
    const made = await json('snapshots', 'clone', name, '--yes')
    expect(made.command).toEqual(['zfs', 'clone', '-o', 'canmount=noauto', name, made.dataset])
    const [audit] = await newestAudit(1)
    expect(audit).toMatchObject({ actor_user_id: null, action: 'snapshot.clone', subject: name })
    expect(audit?.detail).toContain(made.dataset)

    const next = await launch(person)
    const read = `docker run --rm --network none --user 1000:1000 --entrypoint tar -v ${made.mountpoint}:/from:ro "$(docker inspect -f '{{.Image}}' mf-session-${next.slug})" c -C /from thesis`
    const give = `${read} | docker exec -i mf-session-${next.slug} tar x -C /workspace --skip-old-files`
    await runOnHost('sh', '-c', give)
    const file = ['stat', '-c', '%u:%g %s', '/workspace/thesis']
    expect(await inContainer(`mf-session-${next.slug}`, ...file)).toBe('1000:1000 9\n')
    await destroyClone(made.dataset)
    expect((await json('snapshots', 'list', '--session', session.id)).snapshots).toEqual(snapshots)
  })

  test('gives files to somebody who never had a session', async () => {
    const other = await signUp(installation)
    const { snapshots } = await json('snapshots', 'list', '--session', session.slug)
    const made = await json(
      ...['snapshots', 'clone', snapshots[0].name, '--to-user', other.email, '--yes'],
    )
    expect(made.dataset).toContain(`/${other.user_id}/`)
    expect(await runOnHost('cat', `${made.mountpoint}/thesis`)).toBe('precious\n')
    await destroyClone(made.dataset)
  })
})

describe('./medforge users', () => {
  test('disables an account: page and open session are shut, and the session is stopped if asked', async () => {
    const { sessions } = await json('sessions', 'list')
    const mine = sessions.find(({ user_id }: { user_id: string }) => user_id === person.user_id)
    expect((await visit(installation, mine.slug, person, '/healthz')).status).toBe(200)
    expect(await refusalOf('users', 'disable', person.email)).toContain('no terminal to ask on')
    const done = await json('users', 'disable', person.email, '--stop-sessions', '--yes')
    expect(done.user.disabled_at).not.toBeNull()
    expect(done.sessions).toMatchObject([{ slug: mine.slug, status: 'stopped' }])
    expect((await person.api('GET', '/me')).status).toBe(401)
    expect((await visit(installation, mine.slug, person, '/healthz')).status).toBe(401)
    expect((await json('users', 'enable', person.email)).user.disabled_at).toBeNull()
  })
})

describe('./medforge gpus', () => {
  test('takes one out of use and gives it back, in the audit log as the operator’s', async () => {
    const { gpus } = await json('gpus', 'list')
    const { id } = gpus.findLast(({ session: holder }: { session: unknown }) => holder === null)
    const [off] = (await json('gpus', 'disable', String(id), '--reason', 'a test')).gpus
    expect(off).toMatchObject({ is_enabled: false, disabled_reason: 'a test' })
    const [on] = (await json('gpus', 'enable', String(id))).gpus
    expect(on).toMatchObject({ is_enabled: true, disabled_reason: null })
    expect(await newestAudit(2)).toMatchObject([
      { actor_user_id: null, action: 'gpu.enable', subject: String(id) },
      { actor_user_id: null, action: 'gpu.disable', subject: String(id) },
    ])
  })
})
