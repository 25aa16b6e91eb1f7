import { type Client, createClient } from '@medforge/client'
import { cookieValues, SESSION_COOKIE } from '@medforge/contracts'
import { headers } from 'next/headers'
import { cache } from 'react'
import { webConfig } from '../../config/env.ts'

/**
 * A client with the viewer's login, over the control network.
 *
 * Only the log-in cookie is passed on; two different ones stay two, which the API refuses. Its host-bound cookie never gets here, and
 * the API does not require it of requests without `Sec-Fetch-Site`.
 */
export const serverClient = cache(async (): Promise<Client> => {
  const values = await loginCookies()
  const cookie = values.map((value) => `${SESSION_COOKIE}=${value}`).join('; ')
  return createClient({
    baseUrl: webConfig().apiInternalUrl,
    ...(cookie === '' ? {} : { headers: { cookie } }),
  })
})

/** Whether the request has a log-in cookie, valid or not. */
export async function hasLoginCookie(): Promise<boolean> {
  return (await loginCookies()).length > 0
}

async function loginCookies(): Promise<string[]> {
  const header = (await headers()).get('cookie') ?? undefined
  return cookieValues(header, [SESSION_COOKIE])[SESSION_COOKIE]
}
