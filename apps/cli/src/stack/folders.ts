import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { POOL_LOCK_FILE } from '../host/pool-lock.ts'
import {
  CADDY_DATA,
  HIDDEN_HOLDOUTS,
  LOGS,
  PUBLIC_BUNDLES,
  STATE,
  SUBMISSIONS,
  TLS_FILES,
  UIDS,
} from '../names.ts'

type Folder = { path: string; uid: number; gid: number; mode: number }

/** Every folder of the installation's state, parents first, with whom it belongs to. */
export const STATE_FOLDERS: readonly Folder[] = [
  { path: STATE, uid: 0, gid: 0, mode: 0o711 },
  { path: LOGS, uid: 0, gid: 0, mode: 0o755 },
  // Whoever can open the lock's file can hold it for ever.
  { path: dirname(POOL_LOCK_FILE), uid: 0, gid: 0, mode: 0o700 },
  // The server writes uploads; the worker, through its group, reads them. The set-group-id bit passes the group on.
  { path: SUBMISSIONS, uid: UIDS.server, gid: UIDS.worker, mode: 0o2750 },
  { path: `${STATE}/competitions`, uid: 0, gid: 0, mode: 0o711 },
  { path: PUBLIC_BUNDLES, uid: 0, gid: 0, mode: 0o755 },
  { path: HIDDEN_HOLDOUTS, uid: 0, gid: UIDS.worker, mode: 0o750 },
  { path: CADDY_DATA, uid: UIDS.caddy, gid: UIDS.caddy, mode: 0o700 },
  { path: TLS_FILES, uid: 0, gid: UIDS.caddy, mode: 0o750 },
]

/** Make sure that every state folder exists with its owner and mode. @returns whether something changed */
export function ensureStateFolders(folders: readonly Folder[] = STATE_FOLDERS): boolean {
  let changed = false
  for (const { path, uid, gid, mode } of folders) {
    if (mkdirSync(path, { recursive: true }) !== undefined) changed = true
    const stats = statSync(path)
    if (stats.uid !== uid || stats.gid !== gid) {
      chownSync(path, uid, gid)
      changed = true
    }
    if ((stats.mode & 0o7777) !== mode || stats.uid !== uid || stats.gid !== gid) {
      chmodSync(path, mode)
      changed = true
    }
  }
  return changed
}
