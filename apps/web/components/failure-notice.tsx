'use client'

import { usePathname } from 'next/navigation'
import { type ReactNode, useEffect, useState } from 'react'
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
      {isWait(failure) ? <Countdown seconds={failure.retryAfterSeconds} /> : null}
      {failure.technical ? (
        <p className="break-all text-xs">
          <code className="font-mono">{failure.technical}</code>
        </p>
      ) : null}
      {failure.requestId ? (
        <p className="text-xs">
          Request <code className="break-all font-mono">{failure.requestId}</code>
        </p>
      ) : null}
    </Notice>
  )
}

type Wait = Failure & { retryAfterSeconds: number }

function isWait(failure: Failure): failure is Wait {
  return failure.code === 'rate_limit_exceeded' && failure.retryAfterSeconds !== null
}

/** Counts down for eyes; a screen reader hears the wait once. */
function Countdown({ seconds }: { seconds: number }) {
  const [endsAt] = useState(() => Date.now() + seconds * 1000)
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    const timer = setInterval(() => {
      setLeft(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)))
    }, 1000)
    return () => clearInterval(timer)
  }, [endsAt])
  return (
    <p>
      <span className="sr-only">Try again in {seconds} s.</span>
      <span aria-hidden="true" className="tabular-nums">
        {left > 0 ? `Try again in ${left} s.` : 'You can try again now.'}
      </span>
    </p>
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
