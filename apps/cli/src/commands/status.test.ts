import { describe, expect, test } from 'vitest'
import { formatStatus, type PlatformStatus } from './status.ts'

const RUNNING: PlatformStatus = {
  set_up: true,
  address: 'https://medforge.localhost',
  health: { ok: true, detail: 'ok' },
  docker: true,
  pool: 'ONLINE',
  pool_files: 'answer',
  gpu_mode: 'simulated',
  containers: [
    { name: 'medforge-db', state: 'running', health: 'healthy', image: 'db@sha256:a' },
    { name: 'medforge-web', state: 'exited', health: null, image: 'web@sha256:a' },
  ],
  sessions: ['mf-session-abcdefgh'],
}

describe(formatStatus, () => {
  test('says how to begin where nothing was set up', () => {
    expect(formatStatus({ ...RUNNING, set_up: false })).toContain('Run ./medforge up.')
  })

  test('names every container with its state, and every session', () => {
    const text = formatStatus(RUNNING)
    expect(text).toMatch(/medforge-db\s+running \(healthy\)/)
    expect(text).toMatch(/medforge-web\s+exited$/m)
    expect(text).toContain('mf-session-abcdefgh')
  })

  test('says so when Docker and the pool are away', () => {
    const text = formatStatus({ ...RUNNING, docker: false, pool: null })
    expect(text).toContain('does not answer')
    expect(text).toContain('tank is not imported')
  })

  test('says so when the pool is online and its file systems do not answer', () => {
    expect(formatStatus({ ...RUNNING, pool_files: 'silent' })).toContain(
      'tank ONLINE. The file systems of the pool do not answer. ./medforge up heals that',
    )
    expect(formatStatus(RUNNING)).toMatch(/tank ONLINE$/m)
  })
})
