import { HydrationBoundary } from '@tanstack/react-query'
import { Card, CardBody, CardHeader } from '../../../../components/ui/card.tsx'
import { TextLink } from '../../../../components/ui/text-link.tsx'
import { HoldoutExplanation } from '../../../../features/competitions/holdout-badge.tsx'
import { LoginToTakePart } from '../../../../features/competitions/login-to-take-part.tsx'
import { allowanceQuery, mySubmissionsQuery } from '../../../../features/competitions/queries.ts'
import { readCompetition } from '../../../../features/competitions/read.ts'
import { SampleCard } from '../../../../features/competitions/sample-card.tsx'
import { SubmitForm } from '../../../../features/competitions/submit-form.tsx'
import { getViewer } from '../../../../features/identity/viewer.ts'
import { prefetch } from '../../../../lib/api/prefetch.ts'

type SubmitPageProps = { params: Promise<{ slug: string }> }

export default async function SubmitPage({ params }: SubmitPageProps) {
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
        <Card aria-labelledby="submit">
          <CardHeader title="Submit" id="submit" />
          <CardBody className="space-y-4">
            {isSignedIn ? (
              <SubmitForm competition={competition} />
            ) : (
              <LoginToTakePart to="submit" target={`/competitions/${competition.slug}/submit`} />
            )}
            <p className="text-sm">
              <TextLink href={`/competitions/${competition.slug}/score-own-labels`}>
                Score labels of your own
              </TextLink>
            </p>
            <HoldoutExplanation madeUp={competition.made_up} />
          </CardBody>
        </Card>
        <SampleCard competition={competition} />
      </div>
    </HydrationBoundary>
  )
}
