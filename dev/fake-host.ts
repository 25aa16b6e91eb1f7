import { setTimeout as sleep } from 'node:timers/promises'
import { HostAwayError } from '@medforge/api/reconciler/host-error.ts'
import type { ReconcilerHost } from '@medforge/api/reconciler/index.ts'
import { createFakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import { createFakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'

/** Seeded sessions that stay in their status, so that its page can be looked at. */
export const LASTING_SLUGS = { starting: 'starting', stopping: 'stopping' } as const

// About what a launch takes on a real host.
const READY_AFTER_MS = 800
const PARTS = ['docker', 'pool', 'network', 'image', 'firewall', 'ports', 'gpus'] as const

/**
 * A host in memory. What the rows say is running is running from the start: a restart of the reconciler is no reboot of the host.
 */
export async function openFakeHost(
  db: Kysely<DB>,
  root: string,
  signal: AbortSignal,
): Promise<ReconcilerHost> {
  const runtime = createFakeRuntime()
  const workspaces = createFakeWorkspaces(root)
  const readyAtMs = new Map<string, number>()
  for (const row of await listRunning(db)) {
    const workspacePath = await workspaces.ensure(row.workspace_zfs, signal)
    const { id: sessionId, user_id: userId, slug, tier } = row
    const gpu = { id: row.gpu_id, uuid: null }
    await runtime.start(
      { sessionId, userId, slug, tier, image: '', gpu, workspacePath, limits: {} },
      signal,
    )
    readyAtMs.set(slug, 0)
  }
  const stuck = [...runtime.containers.values()].find(
    ({ spec }) => spec?.slug === LASTING_SLUGS.stopping,
  )

  return {
    runtime: {
      ...runtime,
      async remove(containerId, removal) {
        if (containerId === stuck?.id) throw new HostAwayError('This seeded stop never ends.')
        await runtime.remove(containerId, removal)
      },
    },
    workspaces,
    readiness: {
      async isReady(slug, wait) {
        if (slug === LASTING_SLUGS.starting) return false
        const at = readyAtMs.get(slug) ?? performance.now() + READY_AFTER_MS
        readyAtMs.set(slug, at)
        await sleep(Math.max(0, at - performance.now()), undefined, { signal: wait }).catch(
          () => {},
        )
        return !wait.aborted
      },
    },
    flows: {
      cut: async () => ({ clients: [], sessions: [] }),
      listPeers: async () => new Set(),
    },
    checks: PARTS.map((part) => ({
      part,
      maxAgeMs: Number.POSITIVE_INFINITY,
      run: async () => null,
    })),
    assertGpuFit: async () => {},
    async removeLeftovers() {},
  }
}

function listRunning(db: Kysely<DB>) {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('gpu_active', '=', 1)
    .where('container_id', 'is not', null)
    .execute()
}
