import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { AUDIT_ACTIONS, actionText, actorText, detailText, subjectPage } from './audit-texts.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

describe(actionText, () => {
  test('has words for every action that the code writes into the audit log', () => {
    const written = execFileSync(
      'git',
      [
        'grep',
        '-hE',
        "action: .*'[a-z]+\\.[a-z_]+'",
        '--',
        'apps/api/src',
        'apps/cli/src',
        'packages/core/src',
        ':!*.samples.ts',
      ],
      { cwd: ROOT, encoding: 'utf8' },
    )
    const actions = [...written.matchAll(/'([a-z]+\.[a-z_]+)'/g)].map(([, action = '']) => action)
    expect(actions).toContain('user.disable')
    expect(actions.filter((one) => actionText(one) === one)).toEqual([])
  })

  test('shows an action that it does not know as it is', () =>
    expect(actionText('moon.rise')).toBe('moon.rise'))
})

describe(actorText, () => {
  test.each([
    ['ada@example.org', { actor_email: 'ada@example.org', detail: null }],
    ['the operator, on the host', { actor_email: null, detail: { from: 1 } }],
    ['203.0.113.9', { actor_email: null, detail: { by: '203.0.113.9' } }],
  ])('names %s', (text, event) => expect(actorText(event)).toBe(text))
})

test('a detail reads as names with values, without who did it', () => {
  const detail = { limit: 'cpu', from: null, to: 4, by: 'x', of: { a: 1 } }
  expect(detailText(detail)).toBe('limit: cpu, from: none, to: 4, of: {"a":1}')
  expect(detailText(null)).toBe('')
})

test('every kind of subject that has a page leads to it', () => {
  const pages = AUDIT_ACTIONS.map((action) => subjectPage({ action, subject: 'x' }))
  expect([...new Set(pages)]).toEqual([
    ...[null, '/admin/gpus', '/admin/invitations', '/sessions/x'],
    ...['/admin/submissions?q=x', '/admin/users?q=x'],
  ])
})
