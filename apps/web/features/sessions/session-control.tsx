'use client'

import type { Me } from '@medforge/contracts'
import { useMutation } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Button, buttonStyle } from '../../components/ui/button.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { useHydrated } from '../../lib/clock.tsx'
import { useSession } from './use-session.ts'
import { useSessionEvents } from './use-session-events.ts'

/** The session of whoever is signed in, in its plainest form; the test ids are part of the platform's specification. */
export function SessionControl({ me }: { me: Pick<Me, 'email'> }) {
  const client = useApi()
  const isReady = useHydrated()
  const { session, isActive, readError, invalidate, launch, stop } = useSession()
  useSessionEvents(session?.id ?? null, isActive, invalidate)
  const loggingOut = useMutation({
    mutationFn: () => client.logout(),
    // A full page load, so that nothing that was read for this person stays in memory.
    onSuccess: () => window.location.assign('/login?signed_out=1'),
  })
  const error = launch.error ?? stop.error ?? loggingOut.error ?? readError
  const canStop = isActive && session?.status !== 'stopping'
  return (
    <Card aria-labelledby="now">
      <CardHeader
        title="Now"
        id="now"
        aside={
          <>
            Signed in as <span data-testid="session-whoami">{me.email}</span>
          </>
        }
      />
      <CardBody className="space-y-5">
        <div data-testid="session-current" className="space-y-1">
          <p>
            Status:{' '}
            <span data-testid="session-status" className="font-semibold capitalize">
              {session?.status ?? 'none'}
            </span>
          </p>
          {session ? (
            <p>
              Session:{' '}
              <TextLink href={`/sessions/${session.id}`}>
                <span data-testid="session-slug" className="font-mono">
                  {session.slug}
                </span>
              </TextLink>
            </p>
          ) : null}
        </div>
        <div className="flex flex-wrap gap-2.5">
          {session?.status === 'running' ? (
            <a
              href={session.url}
              target="_blank"
              rel="noopener noreferrer"
              className={buttonStyle({ tone: 'primary' })}
            >
              Open IDE
            </a>
          ) : null}
          <Button
            data-testid="session-create"
            tone={isActive ? 'quiet' : 'primary'}
            busy={launch.isPending}
            disabled={!isReady || isActive}
            onClick={launch.run}
          >
            Launch
          </Button>
          <Button
            data-testid="session-stop"
            tone="danger"
            busy={stop.isPending}
            disabled={!isReady || !canStop}
            onClick={() => session && stop.run(session)}
          >
            Stop and keep the files
          </Button>
          <Button
            data-testid="session-logout"
            busy={loggingOut.isPending}
            disabled={!isReady}
            onClick={() => loggingOut.mutate()}
          >
            Log out
          </Button>
        </div>
        <p role="status" className="text-ink-muted text-sm">
          {stop.message}
        </p>
        <div data-testid="session-error">
          <ErrorNotice error={error} role="alert" />
        </div>
      </CardBody>
    </Card>
  )
}
