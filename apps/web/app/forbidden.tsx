import type { Metadata } from 'next'
import { StatusPage } from '../components/status-page.tsx'

export const metadata: Metadata = { title: 'Not allowed' }

export default function ForbiddenPage() {
  return (
    <StatusPage status={403} title="This page is for administrators">
      <p>
        You are signed in, and your account may not see it. If it should, ask an administrator of
        this MedForge to make you one.
      </p>
    </StatusPage>
  )
}
