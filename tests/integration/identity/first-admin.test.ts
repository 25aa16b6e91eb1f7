import { ensureFirstAdmin, resetPassword } from '@medforge/cli/stack/accounts.ts'
import type { Me } from '@medforge/contracts'
import { newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const EMAIL = 'admin@medforge.localhost'
const PASSWORD = 'correct horse battery staple'

describe(ensureFirstAdmin, () => {
  test('makes an administrator of whoever holds the address, without the logins from before', async ({
    api,
    database,
  }) => {
    const early = api.visitor()
    await early.post('/auth/signup', { email: EMAIL, password: PASSWORD })
    expect((await early.get('/me')).status).toBe(200)

    const admin = await ensureFirstAdmin(database.url, ` ${EMAIL.toUpperCase()}`)
    expect(admin?.email).toBe(EMAIL)
    expect((await early.get('/me')).status).toBe(401)
    expect((await early.logIn(EMAIL, PASSWORD)).status).toBe(401)
    const visitor = api.visitor()
    expect((await visitor.logIn(EMAIL, admin?.password)).data()).toMatchObject({ role: 'admin' })
    expect((await visitor.get('/me')).status).toBe(200)
  })

  test('takes nobody’s account for a name that somebody has already', async ({
    api,
    db,
    database,
  }) => {
    const person = await newUser(db, { display_name: 'administrator' })
    const admin = await ensureFirstAdmin(database.url, EMAIL)
    const { display_name } = (await api.visitor().logIn(EMAIL, admin?.password)).data<Me>()
    expect(display_name).toBe('Administrator (2)')
    expect((await api.visitor().logIn(person.email)).data()).toMatchObject({ role: 'user' })
  })

  test('changes nothing where there is an administrator', async ({ db, database }) => {
    await newUser(db, { email: 'boss@example.org', role: 'admin' })
    expect(await ensureFirstAdmin(database.url, EMAIL)).toBeUndefined()
  })
})

describe(resetPassword, () => {
  test('ends every login of the account and no other', async ({ api, database }) => {
    const [ada, bob] = [api.visitor(), api.visitor()]
    await ada.post('/auth/signup', { email: 'ada@example.org', password: PASSWORD })
    await bob.post('/auth/signup', { email: 'bob@example.org', password: PASSWORD })
    const { password } = await resetPassword(database.url, 'ada@example.org')
    expect((await ada.get('/me')).status).toBe(401)
    expect((await bob.get('/me')).status).toBe(200)
    expect((await ada.logIn('ada@example.org', password)).status).toBe(200)
  })
})
