import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { OfflineNotice } from '../components/offline-notice.tsx'
import { StyleNonce } from '../components/style-nonce.tsx'
import { webConfig } from '../config/env.ts'
import { ApiProvider } from '../lib/api/browser.tsx'
import { ServerClockProvider } from '../lib/clock.tsx'
import { parseTheme, THEME_COOKIE } from '../lib/theme.ts'
import './globals.css'
import { SiteFooter } from './site-footer.tsx'
import { SiteHeader } from './site-header.tsx'

export const metadata: Metadata = {
  title: { default: 'MedForge', template: '%s · MedForge' },
  description:
    'Development sessions in the browser, and machine-learning competitions that score your predictions on hidden data.',
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f7f6' },
    { media: '(prefers-color-scheme: dark)', color: '#0b1010' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? ''
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value)
  const { apiUrl } = webConfig()
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <body>
        <StyleNonce nonce={nonce} />
        <a
          href="#content"
          className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent"
        >
          Skip to the content
        </a>
        <ApiProvider url={apiUrl}>
          <ServerClockProvider renderedAt={Date.now()}>
            <SiteHeader />
            <OfflineNotice />
            <main id="content" tabIndex={-1} className="flex-1 pb-16 outline-none">
              {children}
            </main>
            <SiteFooter apiUrl={apiUrl} />
          </ServerClockProvider>
        </ApiProvider>
      </body>
    </html>
  )
}
