'use client'

import {
  DISPLAY_NAME_MAX,
  DISPLAY_NAME_MIN,
  PASSWORD_MIN_CODE_POINTS,
  type SignupRequest,
} from '@medforge/contracts'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { ApiForm, textOf } from './api-form.tsx'
import { PasswordField } from './password-field.tsx'

type SignupFormProps = {
  target: string
  /** The invitation field's first value; null where no invitation is needed. */
  invitation: string | null
}

export function SignupForm({ target, invitation }: SignupFormProps) {
  const client = useApi()
  return (
    <ApiForm
      testId="signup"
      target={target}
      send={(fields) => client.signup(signupRequest(fields))}
      submitLabel="Create account"
    >
      {(errors) => (
        <>
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
              error={errors.invitation_code}
            />
          )}
          <TextField
            label="Email"
            name="email"
            type="email"
            data-testid="signup-email"
            autoComplete="email"
            required
            error={errors.email}
          />
          <PasswordField
            data-testid="signup-password"
            autoComplete="new-password"
            hint={`At least ${PASSWORD_MIN_CODE_POINTS} characters of any kind.`}
            error={errors.password}
          />
          <TextField
            label="Display name (optional)"
            name="display_name"
            autoComplete="nickname"
            hint={`${DISPLAY_NAME_MIN} to ${DISPLAY_NAME_MAX} characters, shown on leaderboards. Without one you get a neutral name.`}
            error={errors.display_name}
          />
        </>
      )}
    </ApiForm>
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
