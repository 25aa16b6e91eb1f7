import type { ReactNode } from 'react'
import type { Failure } from '../lib/api/failure.ts'
import { Notice } from './ui/notice.tsx'

type FailureNoticeProps = {
  failure: Failure
  actions?: ReactNode
  /** Leave it out where the failure is the page itself rather than the answer to a click. */
  role?: 'alert'
  className?: string
}

/** A refusal: its title, the API's words, what to do, and the number under which the logs know it. */
export function FailureNotice({ failure, actions, role, className }: FailureNoticeProps) {
  return (
    <Notice
      tone="bad"
      title={failure.title}
      actions={actions}
      {...(role ? { role } : {})}
      {...(className ? { className } : {})}
    >
      <p>{failure.detail}</p>
      {failure.advice ? <p>{failure.advice}</p> : null}
      {failure.requestId ? (
        <p className="text-xs">
          Request <code className="break-all font-mono">{failure.requestId}</code>
        </p>
      ) : null}
    </Notice>
  )
}
