import type { Metadata } from 'next'
import { LoadFailure } from '../../../../components/load-failure.tsx'
import { TextLink } from '../../../../components/ui/text-link.tsx'
import { probingQuery, rescoreQuery } from '../../../../features/competitions/admin-queries.ts'
import { ProbingCard } from '../../../../features/competitions/probing-card.tsx'
import { readCompetition } from '../../../../features/competitions/read.ts'
import { RescoreCard } from '../../../../features/competitions/rescore-card.tsx'
import { AdminPage } from '../../admin-page.tsx'

export const metadata: Metadata = { title: 'Competition' }

type AdminCompetitionPageProps = { params: Promise<{ slug: string }> }

export default async function AdminCompetitionPage({ params }: AdminCompetitionPageProps) {
  const { slug } = await params
  const competition = await readCompetition(slug)
  return (
    <AdminPage
      path={`/admin/competitions/${slug}`}
      tab="/admin/competitions"
      read={(cache, client) =>
        Promise.all([
          cache.prefetchQuery(rescoreQuery(client, slug)),
          cache.prefetchQuery(probingQuery(client, slug)),
        ])
      }
    >
      {competition.ok ? (
        <>
          <div className="space-y-1">
            <h2 className="text-xl">{competition.value.title}</h2>
            <p className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
              <TextLink href={`/admin/submissions?competition=${slug}`}>Its submissions</TextLink>
              <TextLink href={`/competitions/${slug}/leaderboard`}>Its leaderboard</TextLink>
            </p>
          </div>
          <RescoreCard slug={slug} />
          <ProbingCard slug={slug} />
        </>
      ) : (
        <LoadFailure failure={competition.failure} />
      )}
    </AdminPage>
  )
}
