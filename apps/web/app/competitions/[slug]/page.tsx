import { HydrationBoundary } from '@tanstack/react-query'
import { Link } from '../../../components/link.tsx'
import { buttonStyle } from '../../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../../components/ui/card.tsx'
import { Markdown } from '../../../components/ui/markdown.tsx'
import { CompetitionFacts } from '../../../features/competitions/competition-facts.tsx'
import { HoldoutExplanation } from '../../../features/competitions/holdout-badge.tsx'
import { MySubmissions } from '../../../features/competitions/my-submissions.tsx'
import { allowanceQuery, mySubmissionsQuery } from '../../../features/competitions/queries.ts'
import { readCompetition } from '../../../features/competitions/read.ts'
import { SampleLink } from '../../../features/competitions/sample-link.tsx'
import { SubmitForm } from '../../../features/competitions/submit-form.tsx'
import { getViewer } from '../../../features/identity/viewer.ts'
import { prefetch } from '../../../lib/api/prefetch.ts'
import { loginAddress } from '../../../lib/login-address.ts'

type CompetitionPageProps = { params: Promise<{ slug: string }> }

export default async function CompetitionPage({ params }: CompetitionPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const competition = read.value
  const isSignedIn = (await getViewer()).kind === 'signed-in'
  const state = isSignedIn
    ? await prefetch((cache, client) =>
        Promise.all([
          cache.prefetchQuery(mySubmissionsQuery(client, competition.slug)),
          cache.prefetchQuery(allowanceQuery(client, competition.slug)),
        ]),
      )
    : null
  return (
    <HydrationBoundary state={state}>
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_23rem] lg:gap-10">
        <div className="min-w-0 space-y-8">
          <section aria-labelledby="overview">
            <h2 id="overview" className="sr-only">
              Overview
            </h2>
            <Markdown source={competition.description} />
          </section>
          <section aria-label="Rules" className="border-line border-t pt-4">
            <Markdown source={competition.rules} />
          </section>
          {isSignedIn ? (
            <MySubmissions slug={competition.slug} higherIsBetter={competition.higher_is_better} />
          ) : null}
        </div>
        <aside className="min-w-0 space-y-6">
          <Card aria-labelledby="submit">
            <CardHeader title="Submit" id="submit" />
            <CardBody className="space-y-4">
              <SampleLink url={competition.sample_submission_url} />
              {isSignedIn ? (
                <SubmitForm competition={competition} />
              ) : (
                <LoginToSubmit slug={competition.slug} />
              )}
              <HoldoutExplanation madeUp={competition.made_up} />
            </CardBody>
          </Card>
          <Card aria-labelledby="facts">
            <CardHeader title="At a glance" id="facts" />
            <CardBody>
              <CompetitionFacts competition={competition} />
            </CardBody>
          </Card>
        </aside>
      </div>
    </HydrationBoundary>
  )
}

function LoginToSubmit({ slug }: { slug: string }) {
  return (
    <Link
      href={loginAddress(`/competitions/${slug}`)}
      className={`${buttonStyle({ tone: 'primary', size: 'large' })} w-full`}
    >
      Log in to submit
    </Link>
  )
}
