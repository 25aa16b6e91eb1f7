import type { Metadata } from 'next'
import { FilterForm } from '../../../components/filter-form.tsx'
import { SelectField } from '../../../components/ui/select-field.tsx'
import { TextField } from '../../../components/ui/text-field.tsx'
import { adminSubmissionsQuery } from '../../../features/competitions/admin-queries.ts'
import { AdminSubmissions } from '../../../features/competitions/admin-submissions.tsx'
import { attempt } from '../../../lib/api/attempt.ts'
import { serverClient } from '../../../lib/api/server.ts'
import { choiceParam, type SearchParams, textParam } from '../../../lib/search-params.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Submissions' }

const STATUSES = ['queued', 'scoring', 'scored', 'failed', 'excluded'] as const
const OPTIONS = [
  { value: '', text: 'Any status' },
  { value: 'queued', text: 'Queued' },
  { value: 'scoring', text: 'Scoring' },
  { value: 'scored', text: 'Scored' },
  { value: 'failed', text: 'Failed' },
  { value: 'excluded', text: 'Excluded' },
]

type AdminSubmissionsPageProps = { searchParams: Promise<SearchParams> }

export default async function AdminSubmissionsPage({ searchParams }: AdminSubmissionsPageProps) {
  const params = await searchParams
  const client = await serverClient()
  const competitions = await attempt(() => client.listCompetitions({ limit: 500 }))
  const known = competitions.ok ? competitions.value.items : []
  const status = choiceParam(params, 'status', STATUSES)
  const competition = choiceParam(
    params,
    'competition',
    known.map(({ slug }) => slug),
  )
  const q = textParam(params, 'q')
  const filter = {
    ...(status ? { status } : {}),
    ...(competition ? { competition } : {}),
    ...(q ? { q } : {}),
  }
  return (
    <AdminPage
      path="/admin/submissions"
      read={(cache, reader) => cache.prefetchInfiniteQuery(adminSubmissionsQuery(reader, filter))}
    >
      <FilterForm path="/admin/submissions" filter={filter}>
        <TextField
          label="Person, or id of a submission"
          name="q"
          type="search"
          defaultValue={q ?? ''}
          autoComplete="off"
        />
        <SelectField label="Status" name="status" defaultValue={status ?? ''} options={OPTIONS} />
        <SelectField
          label="Competition"
          name="competition"
          defaultValue={competition ?? ''}
          options={[
            { value: '', text: 'Any' },
            ...known.map(({ slug, title }) => ({ value: slug, text: title })),
          ]}
        />
      </FilterForm>
      <AdminSubmissions filter={filter} />
    </AdminPage>
  )
}
