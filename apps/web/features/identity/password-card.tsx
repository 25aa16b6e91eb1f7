'use client'

import { PASSWORD_MIN_CODE_POINTS } from '@medforge/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { fieldFaults } from './field-faults.ts'
import { LOGINS_KEY } from './logins-query.ts'
import { PasswordField } from './password-field.tsx'
import { textOf } from './use-credentials.ts'

export function PasswordCard({ email }: { email: string }) {
  const client = useApi()
  const queryClient = useQueryClient()
  const isReady = useHydrated()
  const form = useRef<HTMLFormElement>(null)
  const change = useMutation({
    mutationFn: (fields: FormData) =>
      client.changePassword({
        current_password: textOf(fields, 'current_password'),
        new_password: textOf(fields, 'new_password'),
      }),
    onSuccess: () => {
      form.current?.reset()
      return queryClient.invalidateQueries({ queryKey: LOGINS_KEY })
    },
  })
  const failure = change.error ? explain(change.error) : null
  const faults = failure ? faultsOf(failure) : {}
  return (
    <Card aria-labelledby="password">
      <CardHeader title="Password" id="password" />
      <CardBody>
        <form
          ref={form}
          method="post"
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault()
            change.mutate(new FormData(event.currentTarget))
          }}
        >
          {failure && Object.keys(faults).length === 0 ? (
            <FailureNotice failure={failure} role="alert" />
          ) : null}
          {/* So that password managers know whose password changes. */}
          <input type="hidden" name="username" autoComplete="username" value={email} />
          <PasswordField
            label="Current password"
            name="current_password"
            autoComplete="current-password"
            fault={faults.current_password}
          />
          <PasswordField
            label="New password"
            name="new_password"
            autoComplete="new-password"
            hint={`At least ${PASSWORD_MIN_CODE_POINTS} characters of any kind. Your other logins end.`}
            fault={faults.new_password}
          />
          <Button type="submit" tone="primary" busy={change.isPending} disabled={!isReady}>
            Change password
          </Button>
          {change.isSuccess ? (
            <Notice tone="good" title="Password changed" role="status">
              <p>Every other login of yours has ended.</p>
            </Notice>
          ) : null}
        </form>
      </CardBody>
    </Card>
  )
}

function faultsOf(failure: Failure): Record<string, string> {
  if (failure.code === 'invalid_credentials') return { current_password: failure.detail }
  return fieldFaults(failure.errors)
}
