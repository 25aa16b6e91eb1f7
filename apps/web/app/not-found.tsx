import type { Metadata } from 'next'
import { StatusPage } from '../components/status-page.tsx'

export const metadata: Metadata = { title: 'Not found' }

export default function NotFoundPage() {
  return (
    <StatusPage status={404} title="There is no page at this address">
      <p>
        It may have been mistyped, or what it named is gone. If a link of MedForge led you here,
        tell the operator which one.
      </p>
    </StatusPage>
  )
}
