'use client'

import { type AdminUser, SESSION_LIMIT_MAX } from '@medforge/contracts'
import { type FormEvent, useState } from 'react'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { useAdminChange } from '../../lib/api/use-admin-change.ts'
import { textOf } from './api-form.tsx'
import type { FieldErrors } from './field-errors.ts'
import { LIMIT_FIELDS, limitText, readLimits } from './user-limits.ts'

/** What one person may use in place of what everybody gets. */
export function LimitsForm({ user }: { user: AdminUser }) {
  const { admin } = useApi()
  const [errors, setErrors] = useState<FieldErrors>({})
  const saving = useAdminChange((change: Parameters<typeof admin.changeUser>[1]) =>
    admin.changeUser(user.user_id, change),
  )
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const read = readLimits((name) => textOf(fields, name))
    setErrors(read.errors)
    if (Object.keys(read.errors).length === 0) saving.mutate(read.change)
  }
  return (
    <details>
      <summary className="cursor-pointer text-ink-muted">
        Limits<span className="sr-only"> of {user.email}</span>
      </summary>
      <form className="mt-3 max-w-xl space-y-4" noValidate onSubmit={submit}>
        <p className="text-ink-muted">
          They count from the next launch on. An empty field is what everybody gets.
        </p>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label={`Sessions at a time, 0 to ${SESSION_LIMIT_MAX}`}
            name="max_concurrent_sessions"
            inputMode="numeric"
            defaultValue={String(user.max_concurrent_sessions)}
            hint="0 lets them launch none, and ends none."
            error={errors.max_concurrent_sessions}
          />
          {LIMIT_FIELDS.map((field) => (
            <TextField
              key={field.name}
              label={field.label}
              name={field.name}
              inputMode="decimal"
              defaultValue={limitText(user.limits, field)}
              error={errors[field.name]}
            />
          ))}
        </div>
        <ErrorNotice error={saving.error} role="alert" />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" tone="primary" busy={saving.isPending}>
            Save limits
          </Button>
          <p role="status" className="text-good">
            {saving.isSuccess ? 'Saved.' : ''}
          </p>
        </div>
      </form>
    </details>
  )
}
