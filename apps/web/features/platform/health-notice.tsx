import type { PlatformStatus } from '@medforge/contracts'
import { Notice } from '../../components/ui/notice.tsx'

/** Says beforehand what a click on Launch would find out. */
export function HealthNotice({ status }: { status: PlatformStatus }) {
  if (status.health === 'ok') return null
  return (
    <Notice tone="warn" title="Sessions may not start right now">
      <p>
        A part of this MedForge is away. Running sessions are left alone; competitions stay open.
        Try again in a minute, and tell the operator if it lasts.
      </p>
    </Notice>
  )
}
