import { LoadFailure } from '../../../../components/load-failure.tsx'
import { Card, CardBody, CardHeader } from '../../../../components/ui/card.tsx'
import { readCompetition } from '../../../../features/competitions/read.ts'
import { SampleCard } from '../../../../features/competitions/sample-card.tsx'
import { DatasetFacts } from '../../../../features/datasets/dataset-facts.tsx'
import { attempt } from '../../../../lib/api/attempt.ts'
import { serverClient } from '../../../../lib/api/server.ts'

type DataPageProps = { params: Promise<{ slug: string }> }

export default async function DataPage({ params }: DataPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const competition = read.value
  const client = await serverClient()
  const dataset = await attempt(() => client.getDataset(competition.dataset_slug))
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_23rem] lg:gap-10">
      <Card aria-labelledby="data-set">
        <CardHeader title={competition.dataset_title} id="data-set" />
        <CardBody>
          {dataset.ok ? (
            <DatasetFacts dataset={dataset.value} />
          ) : (
            <LoadFailure failure={dataset.failure} />
          )}
        </CardBody>
      </Card>
      <SampleCard competition={competition} />
    </div>
  )
}
