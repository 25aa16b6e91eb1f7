'use client'

import { useEffect } from 'react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { PasswordField } from './password-field.tsx'
import { textOf, useCredentials } from './use-credentials.ts'

type LoginFormProps = {
  /** Checked by `nextTarget`. */
  target: string
  /** The request brought a log-in cookie that the API does not accept. */
  hasStaleCookie: boolean
}

export function LoginForm({ target, hasStaleCookie }: LoginFormProps) {
  const client = useApi()
  const form = useCredentials(target, (fields) =>
    client.login({ email: textOf(fields, 'email'), password: textOf(fields, 'password') }),
  )

  // The API's refusal tells this browser to drop cookies that contradict each other; the server's own call could not.
  useEffect(() => {
    if (hasStaleCookie) client.me().catch(() => undefined)
  }, [client, hasStaleCookie])

  return (
    <form method="post" onSubmit={form.onSubmit} noValidate className="space-y-5">
      {form.failure ? <FailureNotice failure={form.failure} role="alert" /> : null}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        fault={form.faults.email}
      />
      <PasswordField autoComplete="current-password" fault={form.faults.password} />
      <Button
        type="submit"
        tone="primary"
        size="large"
        className="w-full"
        busy={form.isBusy}
        disabled={!form.isReady}
      >
        Log in
      </Button>
    </form>
  )
}
