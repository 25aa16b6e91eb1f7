'use client'

import { DISPLAY_NAME_MAX, DISPLAY_NAME_MIN } from '@medforge/contracts'
import { useRouter } from 'next/navigation'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { ApiForm, textOf } from './api-form.tsx'

export function ProfileCard({ displayName }: { displayName: string }) {
  const client = useApi()
  const router = useRouter()
  return (
    <Card aria-labelledby="profile">
      <CardHeader title="Display name" id="profile" />
      <CardBody>
        <ApiForm
          send={(fields) => client.changeProfile({ display_name: textOf(fields, 'display_name') })}
          // The header shows the name too, and the server renders that.
          onSuccess={() => router.refresh()}
          submitLabel="Save name"
          success={(me) => (
            <Notice tone="good" title={`You are ${me.display_name} now`} role="status" />
          )}
        >
          {(errors) => (
            <TextField
              label="Name on leaderboards"
              name="display_name"
              autoComplete="nickname"
              required
              defaultValue={displayName}
              hint={`${DISPLAY_NAME_MIN} to ${DISPLAY_NAME_MAX} characters. Everybody can see it.`}
              error={errors.display_name}
            />
          )}
        </ApiForm>
      </CardBody>
    </Card>
  )
}
