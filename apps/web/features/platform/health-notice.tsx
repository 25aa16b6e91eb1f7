'use client'

import { useQuery } from '@tanstack/react-query'
import { Notice } from '../../components/ui/notice.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { statusQuery } from '../../lib/api/status-query.ts'

/** Shown before a launch fails for that reason. */
export function HealthNotice() {
  const status = useQuery(statusQuery(useApi()))
  if (status.data?.health !== 'degraded') return null
  return (
    <Notice tone="warn" role="status" title="Sessions may not start right now">
      <p>
        A part of this MedForge is away. Running sessions are left alone; competitions stay open.
        Try again in a minute, and tell the operator if it lasts.
      </p>
    </Notice>
  )
}
