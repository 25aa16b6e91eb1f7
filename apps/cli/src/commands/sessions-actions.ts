import { randomUUID } from 'node:crypto'
import {
  askToStop,
  isActive,
  listSessionEvents,
  listSessions,
  type OperatorEvent,
  type OperatorSession,
  requireSession,
} from '../operations/sessions.ts'
import { openSetting, readLimits, type Setting } from '../operations/setting.ts'
import { readSnapshots } from '../operations/snapshots.ts'
import { waitFor } from '../process.ts'
import { inspectContainers } from '../stack/containers.ts'
import { confirm } from '../terminal/confirm.ts'
import { type Column, formatFacts, formatTable, report, showTime } from '../terminal/output.ts'
import { createProgress } from '../terminal/progress.ts'

// The reconciler may have its next try only after its longest pause.
const GRACE_MS = 15_000

export async function list(options: { all?: boolean; json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const sessions = await listSessions(setting.db, { all: options.all ?? false })
  const none = options.all ? 'There has been no session yet.' : 'No session holds a GPU.'
  report(options.json, { sessions }, formatTable(sessions, COLUMNS, none))
}

const COLUMNS: Column<OperatorSession>[] = [
  { title: 'SLUG', of: ({ slug }) => slug },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'GPU', of: (session) => (isActive(session) ? session.gpu_id : null) },
  { title: 'USER', of: ({ user_email }) => user_email },
  { title: 'CREATED', of: ({ created_at }) => showTime(created_at) },
  { title: 'REASON', of: ({ error_message, status_reason }) => error_message ?? status_reason },
]

export async function show(ref: string, options: { json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const session = await requireSession(setting.db, ref)
  const [events, [container], snapshots] = await Promise.all([
    listSessionEvents(setting.db, session.id),
    inspectContainers([session.container]),
    readSnapshots(session.workspace_zfs),
  ])
  const state = container?.State.Status ?? null
  const result = { session, container_state: state, snapshots, events }
  report(options.json, result, formatSession(session, state, snapshots, events))
}

export function formatSession(
  session: OperatorSession,
  containerState: string | null,
  snapshots: readonly { name: string }[],
  events: readonly OperatorEvent[],
): string {
  const facts = formatFacts({
    Session: session.id,
    Slug: session.slug,
    Status: session.status,
    Reason: session.error_message ?? session.status_reason,
    User: `${session.user_email} (${session.user_id})`,
    GPU: `${session.gpu_id}${isActive(session) ? '' : ' (given back)'}`,
    Container: `${session.container} (${containerState ?? 'gone'})`,
    Workspace: session.workspace_zfs,
    Snapshots: snapshots.length === 0 ? 'none' : snapshots.map(({ name }) => name).join(', '),
    Created: showTime(session.created_at),
    Started: showTime(session.started_at),
    Ended: showTime(session.stopped_at),
  })
  const columns: Column<OperatorEvent>[] = [
    { title: 'AT', of: ({ at }) => showTime(at) },
    { title: 'EVENT', of: (event) => event.step ?? `→ ${event.to_status}` },
    { title: 'MS', of: ({ duration_ms }) => duration_ms },
    { title: 'REASON', of: ({ reason }) => reason },
  ]
  return `${facts}\n\n${formatTable(events, columns, 'No events.')}`
}

export async function stop(ref: string, options: { yes?: boolean; json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const session = await requireSession(setting.db, ref)
  if (isActive(session)) {
    await confirm(
      `This ends the session ${session.slug} of ${session.user_email}; what runs in it is lost, its files are kept with a snapshot.`,
      options.yes ?? false,
    )
  }
  const ended = await stopAndWait(setting, session)
  const isDone = !isActive(ended)
  if (!isDone) process.exitCode = 1
  const text = isDone
    ? `${ended.slug} is ${ended.status}. ${ended.last_snapshot === null ? 'There is no snapshot of it.' : `Snapshot: ${ended.last_snapshot}`}`
    : `${ended.slug} is still ${ended.status}: ${ended.status_reason ?? 'no reason known'} ./medforge status says how the platform is.`
  report(options.json, { session: ended }, text)
}

/** Ask for the end of a session and follow it; resolves with it as it is when it has ended or its time is up. */
export async function stopAndWait(
  { db, settings }: Pick<Setting, 'db' | 'settings'>,
  session: OperatorSession,
): Promise<OperatorSession> {
  if (!isActive(session)) return session
  const limits = readLimits(settings)
  await askToStop(db, session, { at: new Date(), requestId: randomUUID(), limits })
  const progress = createProgress(process.stderr)
  progress.begin(`Stopping ${session.slug}`)
  let last = session
  await waitFor(
    async () => {
      last = await requireSession(db, session.id)
      progress.detail(last.status_reason ?? last.status)
      return isActive(last) ? undefined : last
    },
    { timeoutMs: limits.stopTimeoutMs + GRACE_MS },
  )
  progress.end(last.status)
  return last
}
