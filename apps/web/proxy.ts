import { randomBytes } from 'node:crypto'
import { type NextRequest, NextResponse } from 'next/server'
import { webConfig } from './config/env.ts'
import { contentSecurityPolicy } from './lib/content-security-policy.ts'

/** Gives every page a nonce; Next.js reads it from the request's policy and puts it on its scripts. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = randomBytes(18).toString('base64')
  const { apiUrl, isDevelopment } = webConfig()
  const policy = contentSecurityPolicy({ nonce, apiOrigin: apiUrl, isDevelopment })
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

export const config = {
  matcher: [{ source: '/((?!_next/static|favicon.ico|icon.svg).*)' }],
}
