import type { Session } from '@medforge/contracts'
import { StopButton } from './stop-button.tsx'
import type { StopAction } from './use-session.ts'

/** Ends a session that runs, and says before what is kept of it and what is not. */
export function StopRunning({ session, stop }: { session: Session; stop: StopAction }) {
  return (
    <StopButton
      stop={() => stop.run(session)}
      isPending={stop.isPending}
      label="Stop"
      title="Stop this session?"
      confirmLabel="Stop session"
      cancelLabel="Keep running"
      tone="danger"
    >
      <p>Programs that run in it end, and what was not saved in the editor is lost.</p>
      <p>
        Every file in <code className="font-mono">/workspace</code> is kept, with a snapshot. Your
        next session starts with an empty workspace; the operator can give you files of this one
        back.
      </p>
    </StopButton>
  )
}
