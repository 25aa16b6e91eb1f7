import type { Metadata } from 'next'
import { FailurePage } from '../../../components/failure-page.tsx'
import { Card, CardBody } from '../../../components/ui/card.tsx'
import { PageShell, PageTitle } from '../../../components/ui/page-shell.tsx'
import { DatasetFacts } from '../../../features/datasets/dataset-facts.tsx'
import { readDataset } from '../../../features/datasets/read.ts'

type DatasetPageProps = { params: Promise<{ slug: string }> }

export async function generateMetadata({ params }: DatasetPageProps): Promise<Metadata> {
  const dataset = await readDataset((await params).slug)
  return { title: dataset.ok ? dataset.value.title : 'Data set' }
}

export default async function DatasetPage({ params }: DatasetPageProps) {
  const dataset = await readDataset((await params).slug)
  if (!dataset.ok) return <FailurePage failure={dataset.failure} />
  return (
    <PageShell width="text">
      <PageTitle title={dataset.value.title} />
      <Card aria-label="About this data set">
        <CardBody>
          <DatasetFacts dataset={dataset.value} />
        </CardBody>
      </Card>
    </PageShell>
  )
}
