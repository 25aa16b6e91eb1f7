import type { Metadata } from 'next'
import { FilterForm } from '../../../components/filter-form.tsx'
import { SelectField } from '../../../components/ui/select-field.tsx'
import { TextField } from '../../../components/ui/text-field.tsx'
import { auditQuery } from '../../../features/platform/admin-queries.ts'
import { AuditLog } from '../../../features/platform/audit-log.tsx'
import { AUDIT_ACTIONS, actionText } from '../../../features/platform/audit-texts.ts'
import { choiceParam, type SearchParams, textParam } from '../../../lib/search-params.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Audit log' }

const ACTION_OPTIONS = [
  { value: '', text: 'Anything' },
  ...AUDIT_ACTIONS.map((action) => ({ value: action, text: actionText(action) })),
]

type AuditPageProps = { searchParams: Promise<SearchParams> }

export default async function AuditPage({ searchParams }: AuditPageProps) {
  const params = await searchParams
  const action = choiceParam(params, 'action', AUDIT_ACTIONS)
  const subject = textParam(params, 'subject')
  const by = textParam(params, 'by')
  const filter = {
    ...(action ? { action } : {}),
    ...(subject ? { subject } : {}),
    ...(by ? { actor_user_id: by } : {}),
  }
  return (
    <AdminPage
      path="/admin/audit"
      read={(cache, client) => cache.prefetchInfiniteQuery(auditQuery(client, filter))}
    >
      <FilterForm path="/admin/audit" filter={filter}>
        <SelectField
          label="What was done"
          name="action"
          defaultValue={action ?? ''}
          options={ACTION_OPTIONS}
        />
        <TextField
          label="To what (its id)"
          name="subject"
          defaultValue={subject ?? ''}
          autoComplete="off"
        />
        {by ? <input type="hidden" name="by" value={by} /> : null}
      </FilterForm>
      <AuditLog filter={filter} />
    </AdminPage>
  )
}
