import type { CompetitionDetail } from '@medforge/contracts'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { SampleLink } from './sample-link.tsx'

type SampleCardProps = { competition: Pick<CompetitionDetail, 'slug' | 'sample_submission_url'> }

/** Where a prediction file begins. */
export function SampleCard({ competition }: SampleCardProps) {
  return (
    <Card aria-labelledby="sample">
      <CardHeader title="Start from the sample" id="sample" />
      <CardBody className="space-y-4 text-sm">
        <p>
          It has every id and every column that a file needs. Put your predictions into it; the{' '}
          <TextLink href={`/competitions/${competition.slug}/rules`}>rules</TextLink> say what each
          column means.
        </p>
        <SampleLink url={competition.sample_submission_url} />
      </CardBody>
    </Card>
  )
}
