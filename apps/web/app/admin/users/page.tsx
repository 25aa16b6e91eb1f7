import type { Metadata } from 'next'
import { FilterForm } from '../../../components/filter-form.tsx'
import { TextField } from '../../../components/ui/text-field.tsx'
import { adminUsersQuery } from '../../../features/identity/admin-queries.ts'
import { AdminUsers } from '../../../features/identity/admin-users.tsx'
import { getViewer } from '../../../features/identity/viewer.ts'
import { type SearchParams, textParam } from '../../../lib/search-params.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Users' }

type AdminUsersPageProps = { searchParams: Promise<SearchParams> }

export default async function AdminUsersPage({ searchParams }: AdminUsersPageProps) {
  const q = textParam(await searchParams, 'q')
  const filter = q ? { q } : {}
  const viewer = await getViewer()
  return (
    <AdminPage
      path="/admin/users"
      read={(cache, client) => cache.prefetchInfiniteQuery(adminUsersQuery(client, filter))}
    >
      <FilterForm path="/admin/users" filter={filter}>
        <TextField
          label="E-mail address, name or id"
          name="q"
          type="search"
          defaultValue={q ?? ''}
          autoComplete="off"
        />
      </FilterForm>
      <AdminUsers filter={filter} ownId={viewer.kind === 'signed-in' ? viewer.me.user_id : ''} />
    </AdminPage>
  )
}
