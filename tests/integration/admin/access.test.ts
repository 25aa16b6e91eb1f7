import { describe, expect } from 'vitest'
import { test } from '../app.ts'
import { signIn } from './admin.ts'

const SOMEBODY = '00000000-0000-4000-8000-000000000000'
const READS = ['/admin/overview', '/admin/users', '/admin/sessions', '/admin/gpus', '/admin/audit']
const CHANGES: [string, object][] = [
  [`/admin/users/${SOMEBODY}`, { role: 'admin' }],
  ['/admin/gpus/0', { is_enabled: false }],
]

describe('administration', () => {
  test('is for administrators only', async ({ api, db }) => {
    const { visitor: person } = await signIn(api, db)
    for (const path of READS) {
      const stranger = await api.visitor().get(path)
      expect([path, stranger.status]).toEqual([path, 401])
      const refused = await person.get(path)
      expect([path, refused.status, refused.problem().code]).toEqual([path, 403, 'admin_required'])
    }
    for (const [path, body] of CHANGES) {
      const refused = await person.ask(path, { method: 'PATCH', body })
      expect([path, refused.problem().code]).toEqual([path, 'admin_required'])
    }
  })

  test('is changed from our own pages only', async ({ api, db }) => {
    const { visitor } = await signIn(api, db, { role: 'admin' })
    for (const [path, body] of CHANGES) {
      const headers = { origin: 'https://s-abcdefgh.medforge.localhost' }
      const refused = await visitor.ask(path, { method: 'PATCH', body, headers })
      expect([path, refused.problem().code]).toEqual([path, 'origin_not_allowed'])
    }
  })

  test('is never stored by a cache', async ({ api, db }) => {
    const { visitor } = await signIn(api, db, { role: 'admin' })
    for (const path of READS) {
      const answer = await visitor.get(path)
      expect([path, answer.status, answer.headers['cache-control']]).toEqual([
        path,
        200,
        'no-store',
      ])
    }
  })
})
