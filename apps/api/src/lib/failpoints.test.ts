import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createFailpoint,
  type Endings,
  FAILPOINTS,
  FailpointError,
  noFailpoint,
  parseFailpoints,
} from './failpoints.ts'

let folder: string
let ended: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medforge-failpoints-'))
  ended = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const endings = (): Endings => ({
  kill: () => void ended.push('kill'),
  exit: () => void ended.push('exit'),
})

/** As a process has it that was started with this setting; another call is another process. */
function started(setting: string) {
  return createFailpoint({ rules: parseFailpoints(setting) ?? [], folder }, endings())
}

/** Whether the failpoint lets go on within two turns of the event loop. */
async function isPassed(passing: Promise<void>): Promise<boolean> {
  const turns = new Promise<false>((resolve) => setImmediate(() => setImmediate(resolve, false)))
  return Promise.race([passing.then(() => true), turns])
}

describe(parseFailpoints, () => {
  test('reads every action with its prefixes', () => {
    expect(
      parseFailpoints(
        'c1.before_commit=kill, s2.stop_sent=once:exit,w3.computed=nth:3:throw,u1.temp_written=once:nth:2:sleep:250',
      ),
    ).toEqual([
      { name: 'c1.before_commit', isOnce: false, nth: null, action: { kind: 'kill' } },
      { name: 's2.stop_sent', isOnce: true, nth: null, action: { kind: 'exit' } },
      { name: 'w3.computed', isOnce: false, nth: 3, action: { kind: 'throw' } },
      { name: 'u1.temp_written', isOnce: true, nth: 2, action: { kind: 'sleep', ms: 250 } },
    ])
  })

  test.each(FAILPOINTS)('knows %s', (name) => {
    expect(parseFailpoints(`${name}=hang`)).toHaveLength(1)
  })

  test.each([
    '',
    'c1=kill',
    'c9.unheard_of=kill',
    'c1.before_commit',
    'c1.before_commit=explode',
    'c1.before_commit=sleep',
    'c1.before_commit=nth:0:kill',
    'c1.before_commit=kill,',
    'c1.before_commit=kill,c1.before_commit=exit',
  ])('refuses %j', (setting) => {
    expect(parseFailpoints(setting)).toBeUndefined()
  })
})

describe(createFailpoint, () => {
  test('is one shared function that does nothing where no failpoint is set', async () => {
    expect(createFailpoint(null)).toBe(noFailpoint)
    await noFailpoint('c1.before_commit')
  })

  test('passes by every name that is not set', async () => {
    const failpoint = started('c1.before_commit=kill')
    expect(await isPassed(failpoint('c2.row_committed'))).toBe(true)
    expect(ended).toEqual([])
  })

  test.each(['kill', 'exit'])('ends the process on %s and never goes on', async (action) => {
    const failpoint = started(`c1.before_commit=${action}`)
    expect(await isPassed(failpoint('c1.before_commit'))).toBe(false)
    expect(ended).toEqual([action])
  })

  test('never goes on after hang, and does after sleep', async () => {
    const failpoint = started('c1.before_commit=hang,c2.row_committed=sleep:0')
    expect(await isPassed(failpoint('c1.before_commit'))).toBe(false)
    await failpoint('c2.row_committed')
  })

  test('acts at the nth passing and at no other', async () => {
    const failpoint = started('w1.claimed=nth:2:throw')
    await failpoint('w1.claimed')
    await expect(failpoint('w1.claimed')).rejects.toThrow(FailpointError)
    await failpoint('w1.claimed')
  })

  test('acts once, also when the process is started again with the same setting', async () => {
    await expect(started('w1.claimed=once:throw')('w1.claimed')).rejects.toThrow(FailpointError)
    await started('w1.claimed=once:throw')('w1.claimed')
  })
})
