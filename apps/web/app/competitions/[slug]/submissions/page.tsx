import { HydrationBoundary } from '@tanstack/react-query'
import { LoginToTakePart } from '../../../../features/competitions/login-to-take-part.tsx'
import { MySubmissions } from '../../../../features/competitions/my-submissions.tsx'
import { mySubmissionsQuery } from '../../../../features/competitions/queries.ts'
import { readCompetition } from '../../../../features/competitions/read.ts'
import { getViewer } from '../../../../features/identity/viewer.ts'
import { prefetch } from '../../../../lib/api/prefetch.ts'

type MySubmissionsPageProps = { params: Promise<{ slug: string }> }

export default async function MySubmissionsPage({ params }: MySubmissionsPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const { slug, higher_is_better } = read.value
  if ((await getViewer()).kind !== 'signed-in') {
    return (
      <div className="max-w-md">
        <LoginToTakePart to="see your submissions" target={`/competitions/${slug}/submissions`} />
      </div>
    )
  }
  const state = await prefetch((cache, client) =>
    cache.prefetchQuery(mySubmissionsQuery(client, slug)),
  )
  return (
    <HydrationBoundary state={state}>
      <MySubmissions slug={slug} higherIsBetter={higher_is_better} />
    </HydrationBoundary>
  )
}
