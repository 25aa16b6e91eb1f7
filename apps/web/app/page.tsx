import { ArrowRight } from 'lucide-react'
import { Link } from '../components/link.tsx'
import { LoadFailure } from '../components/load-failure.tsx'
import { buttonStyle } from '../components/ui/button.tsx'
import { PageShell } from '../components/ui/page-shell.tsx'
import { CompetitionList } from '../features/competitions/competition-list.tsx'
import { readStandings } from '../features/competitions/read.ts'
import { getViewer } from '../features/identity/viewer.ts'
import { GpuUsage } from '../features/platform/gpu-usage.tsx'
import { attempt } from '../lib/api/attempt.ts'
import { serverClient } from '../lib/api/server.ts'
import { HowItWorks } from './how-it-works.tsx'

export default async function LandingPage() {
  const client = await serverClient()
  const [viewer, status, competitions] = await Promise.all([
    getViewer(),
    attempt(() => client.status()),
    attempt(() => client.listCompetitions()),
  ])
  const isSignedIn = viewer.kind === 'signed-in'
  const shown = competitions.ok ? competitions.value.items : []
  const standings = isSignedIn ? await readStandings(shown.map(({ slug }) => slug)) : {}
  return (
    <>
      <PageShell className="grid items-center gap-10 pt-12 pb-14 sm:pt-20 sm:pb-20 lg:grid-cols-[1fr_24rem] lg:gap-16">
        <div>
          <h1 className="text-3xl sm:text-4xl">
            <span className="block">One click to an editor.</span>{' '}
            <span className="block">One upload to a score.</span>
          </h1>
          <p className="mt-5 max-w-xl text-ink-muted text-lg">
            MedForge launches private development sessions in your browser and scores your
            predictions on data that nobody sees.
          </p>
          <div className="mt-8 flex flex-wrap gap-3">
            <Link
              href={isSignedIn ? '/dashboard' : '/signup'}
              className={buttonStyle({ tone: 'primary', size: 'large' })}
            >
              {isSignedIn ? 'Go to your dashboard' : 'Create an account'}
              <ArrowRight aria-hidden="true" className="size-4" />
            </Link>
            <Link
              href={isSignedIn ? '/competitions' : '/login'}
              className={buttonStyle({ tone: 'quiet', size: 'large' })}
            >
              {isSignedIn ? 'See the competitions' : 'Log in'}
            </Link>
          </div>
        </div>
        <GpuUsage initial={status.ok ? status.value : null} />
      </PageShell>
      <HowItWorks mode={status.ok ? status.value.gpus.mode : null} />
      <PageShell className="pt-14 sm:pt-20">
        <h2 className="text-xl sm:text-2xl">Open competitions</h2>
        <p className="mt-2 mb-6 max-w-2xl text-ink-muted">
          They never end. Your best score counts, and every score comes from the same hidden data.
        </p>
        {competitions.ok ? (
          <CompetitionList competitions={shown} headingLevel={3} standings={standings} />
        ) : (
          <LoadFailure failure={competitions.failure} />
        )}
      </PageShell>
    </>
  )
}
