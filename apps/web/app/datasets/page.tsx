import type { Metadata } from 'next'
import { LoadFailure } from '../../components/load-failure.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { DatasetList } from '../../features/datasets/dataset-list.tsx'
import { attempt } from '../../lib/api/attempt.ts'
import { serverClient } from '../../lib/api/server.ts'

export const metadata: Metadata = { title: 'Data sets' }

export default async function DatasetsPage() {
  const client = await serverClient()
  const datasets = await attempt(() => client.listDatasets({ limit: 500 }))
  return (
    <PageShell>
      <PageTitle
        title="Data sets"
        lead="What the competitions are about. MedForge keeps this catalogue; the data itself comes from its source."
      />
      {datasets.ok ? (
        <DatasetList datasets={datasets.value.items} />
      ) : (
        <LoadFailure failure={datasets.failure} />
      )}
    </PageShell>
  )
}
