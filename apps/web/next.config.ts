import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url))

/** Of every response. The content security policy, which needs a fresh nonce, is in `proxy.ts`. */
const SECURITY_HEADERS = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
  // A session's page is user content and gets no handle on a MedForge window.
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  {
    key: 'Permissions-Policy',
    value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  },
]

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: repositoryRoot,
  turbopack: { root: repositoryRoot },
  poweredByHeader: false,
  reactStrictMode: true,
  agentRules: false,
  devIndicators: false,
  // There are no images to optimise, and so no route that would.
  images: { unoptimized: true },
  experimental: { authInterrupts: true },
  // Read when a page of administrators is rendered.
  outputFileTracingIncludes: { '/admin/**': ['../../docs/runbook.md'] },
  async redirects() {
    return ['login', 'signup'].map((page) => ({
      source: `/auth/${page}`,
      destination: `/${page}`,
      permanent: false,
    }))
  },
  async headers() {
    return [{ source: '/:path*', headers: SECURITY_HEADERS }]
  },
}

export default config
