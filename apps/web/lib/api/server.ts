import { type Client, createClient } from '@medforge/client'
import { SESSION_COOKIE } from '@medforge/contracts'
import { headers } from 'next/headers'
import { cache } from 'react'
import { webConfig } from '../../config/env.ts'
import { rawCookieValues } from './login-cookies.ts'

/**
 * The API as the visitor of this request sees it, over the control network.
 * Only the log-in cookie is handed on; two different ones stay two, because refusing them is the API's business.
 * Without a `Sec-Fetch-Site` it asks as a program does, of which the API wants no companion cookie: this host never gets that.
 */
export const serverClient = cache(async (): Promise<Client> => {
  const values = await loginCookies()
  const cookie = values.map((value) => `${SESSION_COOKIE}=${value}`).join('; ')
  return createClient({
    baseUrl: webConfig().apiInternalUrl,
    ...(cookie === '' ? {} : { headers: { cookie } }),
  })
})

/** Whether this request carries a log-in cookie at all; the API alone knows whether it is good. */
export async function hasLoginCookie(): Promise<boolean> {
  return (await loginCookies()).length > 0
}

async function loginCookies(): Promise<string[]> {
  return rawCookieValues((await headers()).get('cookie'), SESSION_COOKIE)
}
