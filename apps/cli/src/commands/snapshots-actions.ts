import { recordAudit } from '@medforge/db'
import { Failure } from '../failure.ts'
import { POOL_LOCK_FILE } from '../host/pool-lock.ts'
import { listSessions, requireSession } from '../operations/sessions.ts'
import { openSetting, type Setting } from '../operations/setting.ts'
import {
  chooseSnapshot,
  makeClone,
  planClone,
  readSnapshots,
  type Snapshot,
} from '../operations/snapshots.ts'
import { requireUser } from '../operations/users.ts'
import { confirm } from '../terminal/confirm.ts'
import { type Column, formatFacts, formatTable, report, showTime } from '../terminal/output.ts'

/** A snapshot with the session that it is of; without one where the row is not in this database. */
type OwnedSnapshot = Snapshot & {
  session_id: string | null
  slug: string | null
  user_id: string | null
  user_email: string | null
}

export async function list(options: {
  user?: string
  session?: string
  json?: boolean
}): Promise<void> {
  await using setting = openSetting()
  const { db } = setting
  const user = options.user === undefined ? null : await requireUser(db, options.user)
  const session = options.session === undefined ? null : await requireSession(db, options.session)
  const all = await readOwned(setting, session?.workspace_zfs)
  const snapshots = user === null ? all : all.filter(({ user_id }) => user_id === user.user_id)
  report(options.json, { snapshots }, formatTable(snapshots, COLUMNS, 'No snapshots.'))
}

const COLUMNS: Column<OwnedSnapshot>[] = [
  { title: 'CREATED', of: ({ created_at }) => showTime(created_at) },
  { title: 'USER', of: ({ user_email }) => user_email },
  { title: 'SESSION', of: ({ slug }) => slug },
  { title: 'HOLDS', of: ({ referenced_bytes }) => showBytes(referenced_bytes) },
  { title: 'SNAPSHOT', of: ({ name }) => name },
]

export async function show(ref: string, options: { json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const snapshot = chooseSnapshot(await readOwned(setting), ref)
  const text = formatFacts({
    Snapshot: snapshot.name,
    Created: showTime(snapshot.created_at),
    Kind: snapshot.name.includes('@stop-') ? 'made by a stop' : 'made when the session failed',
    User: snapshot.user_email,
    Session: snapshot.slug === null ? null : `${snapshot.slug} (${snapshot.session_id})`,
    Holds: showBytes(snapshot.referenced_bytes),
    'Its own': showBytes(snapshot.used_bytes),
  })
  report(options.json, { snapshot }, text)
}

export async function clone(
  ref: string,
  dataset: string | undefined,
  options: { toUser?: string; yes?: boolean; json?: boolean },
): Promise<void> {
  await using setting = openSetting()
  const { db } = setting
  const snapshot = chooseSnapshot(await readOwned(setting), ref)
  const owner = options.toUser === undefined ? null : await requireUser(db, options.toUser)
  const userId = owner?.user_id ?? snapshot.user_id
  if (userId === null) {
    throw new Failure(
      `${snapshot.name} belongs to nobody in this database.`,
      'Name its new owner with --to-user.',
    )
  }
  const plan = planClone({ root: rootOf(setting), snapshot: snapshot.name, userId, dataset })
  process.stderr.write(`${plan.command.join(' ')}\n`)
  await confirm(
    'This command is run as root on this host; the snapshot stays as it is.',
    options.yes ?? false,
  )
  // First: what is done as root is never without its row; one without its clone says that it was tried.
  await recordAudit(db, {
    ...{ actorUserId: null, action: 'snapshot.clone', subject: snapshot.name },
    detail: { dataset: plan.dataset, user_id: userId },
    at: new Date(),
  })
  const { mountpoint } = await makeClone(plan)
  const text = [
    `The files are at ${mountpoint}, owned by 1000:1000 as in a session.`,
    'Give some back through a running session of that person, with the rights they have there and writing over nothing:',
    // Its owner's links lead nowhere in a container that holds nothing but the clone; tar as root on this host would follow them.
    `  docker run --rm --network none --user 1000:1000 --entrypoint tar -v ${mountpoint}:/from:ro "$(docker inspect -f '{{.Image}}' mf-session-<slug>)" c -C /from <file> | docker exec -i mf-session-<slug> tar x -C /workspace --skip-old-files`,
    `When that is done: flock ${POOL_LOCK_FILE} zfs destroy ${plan.dataset}`,
  ].join('\n')
  const { dataset: made, command } = plan
  report(options.json, { snapshot: snapshot.name, dataset: made, mountpoint, command }, text)
}

function rootOf({ settings }: Setting): string {
  return settings.WORKSPACE_ZFS_ROOT || 'tank/medforge/workspaces'
}

async function readOwned(setting: Setting, dataset?: string): Promise<OwnedSnapshot[]> {
  const [snapshots, sessions] = await Promise.all([
    readSnapshots(dataset ?? rootOf(setting)),
    listSessions(setting.db, { all: true }),
  ])
  const byDataset = new Map(sessions.map((session) => [session.workspace_zfs, session]))
  return snapshots.map((snapshot) => {
    const session = byDataset.get(snapshot.dataset)
    return {
      ...snapshot,
      session_id: session?.id ?? null,
      slug: session?.slug ?? null,
      user_id: session?.user_id ?? null,
      user_email: session?.user_email ?? null,
    }
  })
}

function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const at = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  return `${at === 0 ? bytes : (bytes / 1024 ** at).toFixed(1)} ${units[at]}`
}
