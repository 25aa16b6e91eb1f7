'use client'

import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { explain, type Failure, needsLogin } from '../lib/api/failure.ts'
import { loginAddress } from '../lib/login-address.ts'
import { Link } from './link.tsx'
import { buttonStyle } from './ui/button.tsx'
import { Notice } from './ui/notice.tsx'

type FailureNoticeProps = {
  failure: Failure
  actions?: ReactNode
  /** Only for the outcome of something that the person did, not for a page that could not be read. */
  role?: 'alert'
  className?: string
}

type ErrorNoticeProps = Omit<FailureNoticeProps, 'failure'> & { error: Error | null }

/** For the `error` of a query or a mutation; renders nothing without one. */
export function ErrorNotice({ error, ...rest }: ErrorNoticeProps) {
  return error ? <FailureNotice failure={explain(error)} {...rest} /> : null
}

/** What went wrong, why, what to do, and the request's id for the operator's logs. */
export function FailureNotice({ failure, actions, ...rest }: FailureNoticeProps) {
  return (
    <Notice
      tone="bad"
      title={failure.title}
      actions={needsLogin(failure) ? <LoginAgain /> : actions}
      {...rest}
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

function LoginAgain() {
  return (
    <Link
      href={loginAddress(usePathname())}
      className={buttonStyle({ tone: 'quiet', size: 'small' })}
    >
      Log in again
    </Link>
  )
}
