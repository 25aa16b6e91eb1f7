'use client'

import {
  DISPLAY_NAME_MAX,
  DISPLAY_NAME_MIN,
  PASSWORD_MIN_CODE_POINTS,
  type SignupRequest,
} from '@medforge/contracts'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { PasswordField } from './password-field.tsx'
import { textOf, useCredentials } from './use-credentials.ts'

type SignupFormProps = {
  target: string
  /** What the invitation field begins with; null where no invitation is needed. */
  invitation: string | null
}

export function SignupForm({ target, invitation }: SignupFormProps) {
  const client = useApi()
  const form = useCredentials(target, (fields) => client.signup(signupRequest(fields)))
  return (
    <form method="post" onSubmit={form.onSubmit} noValidate className="space-y-5">
      {form.failure ? <FailureNotice failure={form.failure} role="alert" /> : null}
      {invitation === null ? null : (
        <TextField
          label="Invitation code"
          name="invitation_code"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
          defaultValue={invitation}
          hint="You got it from whoever invited you. Case and dashes do not matter."
          fault={form.faults.invitation_code}
        />
      )}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="email"
        required
        fault={form.faults.email}
      />
      <PasswordField
        autoComplete="new-password"
        hint={`At least ${PASSWORD_MIN_CODE_POINTS} characters of any kind.`}
        fault={form.faults.password}
      />
      <TextField
        label="Display name (optional)"
        name="display_name"
        autoComplete="nickname"
        hint={`${DISPLAY_NAME_MIN} to ${DISPLAY_NAME_MAX} characters, shown on leaderboards. Without one you get a neutral name.`}
        fault={form.faults.display_name}
      />
      <Button
        type="submit"
        tone="primary"
        size="large"
        className="w-full"
        busy={form.isBusy}
        disabled={!form.isReady}
      >
        Create account
      </Button>
    </form>
  )
}

function signupRequest(fields: FormData): SignupRequest {
  const displayName = textOf(fields, 'display_name').trim()
  const invitation = textOf(fields, 'invitation_code').trim()
  return {
    email: textOf(fields, 'email'),
    password: textOf(fields, 'password'),
    ...(displayName === '' ? {} : { display_name: displayName }),
    ...(invitation === '' ? {} : { invitation_code: invitation }),
  }
}
