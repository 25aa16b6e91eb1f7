import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { FailurePage } from '../../../components/failure-page.tsx'
import { Badge } from '../../../components/ui/badge.tsx'
import { PageShell } from '../../../components/ui/page-shell.tsx'
import { CompetitionTabs } from '../../../features/competitions/competition-tabs.tsx'
import { HoldoutBadge } from '../../../features/competitions/holdout-badge.tsx'
import { readCompetition } from '../../../features/competitions/read.ts'

type CompetitionLayoutProps = { children: ReactNode; params: Promise<{ slug: string }> }

export async function generateMetadata({ params }: CompetitionLayoutProps): Promise<Metadata> {
  const competition = await readCompetition((await params).slug)
  return { title: competition.ok ? competition.value.title : 'Competition' }
}

export default async function CompetitionLayout({ children, params }: CompetitionLayoutProps) {
  const competition = await readCompetition((await params).slug)
  if (!competition.ok) return <FailurePage failure={competition.failure} />
  const { slug, title, status, holdout } = competition.value
  return (
    <PageShell>
      <div className="space-y-3 pt-8 pb-5 sm:pt-12">
        <h1 className="text-2xl sm:text-3xl">{title}</h1>
        <div className="flex flex-wrap gap-2">
          {status === 'active' ? <Badge tone="good">Open</Badge> : <Badge>Closed</Badge>}
          <HoldoutBadge kind={holdout.kind} />
        </div>
      </div>
      <CompetitionTabs slug={slug} />
      <div className="pt-6 sm:pt-8">{children}</div>
    </PageShell>
  )
}
