'use client'

import { useEffect } from 'react'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { ApiForm, textOf } from './api-form.tsx'
import { PasswordField } from './password-field.tsx'

type LoginFormProps = {
  target: string
  /** The request had a log-in cookie that the API does not accept. */
  hasStaleCookie: boolean
}

export function LoginForm({ target, hasStaleCookie }: LoginFormProps) {
  const client = useApi()

  // The API's refusal clears contradicting cookies from this browser; the one that the server got could not.
  useEffect(() => {
    if (hasStaleCookie) client.me().catch(() => undefined)
  }, [client, hasStaleCookie])

  return (
    <ApiForm
      testId="login"
      target={target}
      send={(fields) =>
        client.login({ email: textOf(fields, 'email'), password: textOf(fields, 'password') })
      }
      submitLabel="Log in"
    >
      {(errors) => (
        <>
          <TextField
            label="Email"
            name="email"
            type="email"
            data-testid="login-email"
            autoComplete="username"
            required
            error={errors.email}
          />
          <PasswordField
            autoComplete="current-password"
            error={errors.password}
            data-testid="login-password"
          />
        </>
      )}
    </ApiForm>
  )
}
