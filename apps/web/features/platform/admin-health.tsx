import type { Health } from '@medforge/contracts'
import type { ReactNode } from 'react'
import { Notice } from '../../components/ui/notice.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { findRemedy, type RunbookRow } from './runbook.ts'

/** A row of the runbook with what a page shows of it. */
export type Remedy = Pick<RunbookRow, 'symptom'> & { advice: ReactNode }

type AdminHealthProps = { health: Health; remedies: readonly Remedy[] }

/** What is degraded, and for each reason what the runbook says is behind it and what to do. */
export function AdminHealth({ health, remedies }: AdminHealthProps) {
  if (health.status === 'ok') {
    return (
      <Notice tone="good" role="status" title="Everything works">
        <p>Sessions can be launched, watched and stopped.</p>
      </Notice>
    )
  }
  const { reasons = [], operator_reasons = [] } = health
  return (
    <section aria-labelledby="health" className="space-y-3">
      <h2 id="health" className="text-xl">
        Degraded
      </h2>
      {reasons.map((reason) => (
        <Notice key={reason} tone="warn" role="status" title={reason}>
          {findRemedy(remedies, reason)?.advice ?? (
            <p>
              The runbook does not name it. <code className="font-mono">./medforge doctor</code> on
              the host looks for causes.
            </p>
          )}
          {operator_reasons.includes(reason) ? <p>It does not end by itself.</p> : null}
          <p>
            <TextLink href="/admin/runbook#when-something-fails">Runbook</TextLink>
          </p>
        </Notice>
      ))}
    </section>
  )
}
