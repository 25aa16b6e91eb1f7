'use client'

import { PASSWORD_MIN_CODE_POINTS } from '@medforge/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import type { Failure } from '../../lib/api/failure.ts'
import { ApiForm, textOf } from './api-form.tsx'
import { type FieldErrors, fieldErrors } from './field-errors.ts'
import { LOGINS_KEY } from './logins-query.ts'
import { PasswordField } from './password-field.tsx'

export function PasswordCard({ email }: { email: string }) {
  const client = useApi()
  const queryClient = useQueryClient()
  return (
    <Card aria-labelledby="password">
      <CardHeader title="Password" id="password" />
      <CardBody>
        <ApiForm
          send={(fields) =>
            client.changePassword({
              current_password: textOf(fields, 'current_password'),
              new_password: textOf(fields, 'new_password'),
            })
          }
          onSuccess={(form) => {
            form.reset()
            return queryClient.invalidateQueries({ queryKey: LOGINS_KEY })
          }}
          errorsOf={errorsOf}
          submitLabel="Change password"
          success={() => (
            <Notice tone="good" title="Password changed" role="status">
              <p>Every other login of yours has ended.</p>
            </Notice>
          )}
        >
          {(errors) => (
            <>
              {/* For password managers. */}
              <input type="hidden" name="username" autoComplete="username" value={email} />
              <PasswordField
                label="Current password"
                name="current_password"
                autoComplete="current-password"
                error={errors.current_password}
              />
              <PasswordField
                label="New password"
                name="new_password"
                autoComplete="new-password"
                hint={`At least ${PASSWORD_MIN_CODE_POINTS} characters of any kind. Your other logins end.`}
                error={errors.new_password}
              />
            </>
          )}
        </ApiForm>
      </CardBody>
    </Card>
  )
}

function errorsOf(failure: Failure): FieldErrors {
  if (failure.code === 'invalid_credentials') return { current_password: failure.detail }
  return fieldErrors(failure)
}
