import { SESSION_STATUSES } from '@medforge/contracts'
import type { Metadata } from 'next'
import { FilterForm } from '../../../components/filter-form.tsx'
import { SelectField } from '../../../components/ui/select-field.tsx'
import { adminSessionsQuery } from '../../../features/sessions/admin-queries.ts'
import { AdminSessions } from '../../../features/sessions/admin-sessions.tsx'
import { choiceParam, type SearchParams, textParam } from '../../../lib/search-params.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Sessions' }

const STATUSES = ['active', ...SESSION_STATUSES] as const
const OPTIONS = [
  { value: '', text: 'Any status' },
  { value: 'active', text: 'Active' },
  { value: 'starting', text: 'Starting' },
  { value: 'running', text: 'Running' },
  { value: 'stopping', text: 'Stopping' },
  { value: 'stopped', text: 'Stopped' },
  { value: 'error', text: 'Failed' },
]

type AdminSessionsPageProps = { searchParams: Promise<SearchParams> }

export default async function AdminSessionsPage({ searchParams }: AdminSessionsPageProps) {
  const params = await searchParams
  const status = choiceParam(params, 'status', STATUSES)
  const user = textParam(params, 'user')
  const filter = { ...(status ? { status } : {}), ...(user ? { user_id: user } : {}) }
  return (
    <AdminPage
      path="/admin/sessions"
      read={(cache, client) => cache.prefetchInfiniteQuery(adminSessionsQuery(client, filter))}
    >
      <FilterForm path="/admin/sessions" filter={filter}>
        <SelectField label="Status" name="status" defaultValue={status ?? ''} options={OPTIONS} />
        {user ? <input type="hidden" name="user" value={user} /> : null}
      </FilterForm>
      <AdminSessions filter={filter} />
    </AdminPage>
  )
}
