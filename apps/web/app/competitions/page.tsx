import type { Metadata } from 'next'
import { LoadFailure } from '../../components/load-failure.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { CompetitionList } from '../../features/competitions/competition-list.tsx'
import { readStandings } from '../../features/competitions/read.ts'
import { getViewer } from '../../features/identity/viewer.ts'
import { attempt } from '../../lib/api/attempt.ts'
import { serverClient } from '../../lib/api/server.ts'

export const metadata: Metadata = { title: 'Competitions' }

export default async function CompetitionsPage() {
  const client = await serverClient()
  const [viewer, competitions] = await Promise.all([
    getViewer(),
    attempt(() => client.listCompetitions({ limit: 500 })),
  ])
  const shown = competitions.ok ? competitions.value.items : []
  const standings =
    viewer.kind === 'signed-in' ? await readStandings(shown.map(({ slug }) => slug)) : {}
  return (
    <PageShell>
      <PageTitle
        title="Competitions"
        lead="Upload predictions, get a score from hidden data in seconds, and keep your best one on the leaderboard."
      />
      {competitions.ok ? (
        <CompetitionList competitions={shown} standings={standings} />
      ) : (
        <LoadFailure failure={competitions.failure} />
      )}
    </PageShell>
  )
}
