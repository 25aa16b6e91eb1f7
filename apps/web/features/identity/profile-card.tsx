'use client'

import { DISPLAY_NAME_MAX, DISPLAY_NAME_MIN } from '@medforge/contracts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { fieldFaults } from './field-faults.ts'
import { textOf } from './use-credentials.ts'

export function ProfileCard({ displayName }: { displayName: string }) {
  const client = useApi()
  const router = useRouter()
  const isReady = useHydrated()
  const rename = useMutation({
    mutationFn: (display_name: string) => client.changeProfile({ display_name }),
    // The header shows the name too, and the server draws that.
    onSuccess: () => router.refresh(),
  })
  const failure = rename.error ? explain(rename.error) : null
  const fault = failure ? fieldFaults(failure.errors).display_name : undefined
  return (
    <Card aria-labelledby="profile">
      <CardHeader title="Display name" id="profile" />
      <CardBody>
        <form
          method="post"
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault()
            rename.mutate(textOf(new FormData(event.currentTarget), 'display_name'))
          }}
        >
          {failure && !fault ? <FailureNotice failure={failure} role="alert" /> : null}
          <TextField
            label="Name on leaderboards"
            name="display_name"
            autoComplete="nickname"
            required
            defaultValue={displayName}
            hint={`${DISPLAY_NAME_MIN} to ${DISPLAY_NAME_MAX} characters. Everybody can see it.`}
            fault={fault}
          />
          <Button type="submit" tone="primary" busy={rename.isPending} disabled={!isReady}>
            Save name
          </Button>
          {rename.isSuccess ? (
            <Notice tone="good" title={`You are ${rename.data.display_name} now`} role="status" />
          ) : null}
        </form>
      </CardBody>
    </Card>
  )
}
