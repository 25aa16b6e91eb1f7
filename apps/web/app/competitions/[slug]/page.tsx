import { Link } from '../../../components/link.tsx'
import { buttonStyle } from '../../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../../components/ui/card.tsx'
import { Markdown } from '../../../components/ui/markdown.tsx'
import { CompetitionFacts } from '../../../features/competitions/competition-facts.tsx'
import { HoldoutExplanation } from '../../../features/competitions/holdout-badge.tsx'
import { readCompetition } from '../../../features/competitions/read.ts'

type CompetitionPageProps = { params: Promise<{ slug: string }> }

export default async function CompetitionPage({ params }: CompetitionPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const competition = read.value
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_23rem] lg:gap-10">
      <section aria-labelledby="overview" className="min-w-0">
        <h2 id="overview" className="sr-only">
          Overview
        </h2>
        <Markdown source={competition.description} />
      </section>
      <aside className="min-w-0 space-y-6">
        <Link
          href={`/competitions/${competition.slug}/submit`}
          className={`${buttonStyle({ tone: 'primary', size: 'large' })} w-full`}
        >
          {competition.status === 'active' ? 'Submit a prediction' : 'See how to submit'}
        </Link>
        <Card aria-labelledby="facts">
          <CardHeader title="At a glance" id="facts" />
          <CardBody className="space-y-4">
            <CompetitionFacts competition={competition} />
            <HoldoutExplanation madeUp={competition.made_up} />
          </CardBody>
        </Card>
      </aside>
    </div>
  )
}
