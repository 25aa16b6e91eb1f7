import {
  type AdminOverview,
  type AdminVersions,
  API_VERSION,
  type GpuMode,
  type Health,
  type PlatformStatus,
  type SignupMode,
} from '@medforge/contracts'
import { listWorkers } from '@medforge/core'
import { type DB, sqlTimeToMs, toTimestamp } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import {
  countSessions,
  countUsers,
  listCompetitionVersions,
  type Occupancy,
  readDatabaseVersions,
  readOccupancy,
  readQueue,
} from './repository.ts'

/** The state of the platform as a whole. */
export interface PlatformService {
  readHealth(): Promise<Health>
  /** For everybody. */
  readStatus(): Promise<PlatformStatus>
  /** For administrators. Counts by indexes, all asked at once; the figures are of the same moment but for milliseconds. */
  readOverview(): Promise<AdminOverview>
  /** For administrators: what runs here. */
  readVersions(): Promise<AdminVersions>
}

export type PlatformDeps = {
  db: Kysely<DB>
  clock: Clock
  gpuMode: GpuMode
  signupMode: SignupMode
  readHealth(): Promise<Health>
}

const DAY_MS = 86_400_000
const ALIVE_MS = 30_000

export function createPlatformService(deps: PlatformDeps): PlatformService {
  const { db, clock, gpuMode, signupMode, readHealth } = deps
  const gpusOf = ({ total, free }: Occupancy) => ({ total, free, mode: gpuMode })

  return {
    readHealth,

    async readStatus() {
      const [occupancy, health] = await Promise.all([readOccupancy(db), readHealth()])
      return {
        gpus: gpusOf(occupancy),
        active_sessions: occupancy.activeSessions,
        health: health.status,
        signup_mode: signupMode,
      }
    },

    async readOverview() {
      const nowMs = clock.now().getTime()
      const [health, occupancy, sessions, queue, workers, users] = await Promise.all([
        readHealth(),
        readOccupancy(db),
        countSessions(db),
        readQueue(db, { failedSince: new Date(nowMs - DAY_MS) }),
        listWorkers(db),
        countUsers(db),
      ])
      return {
        health,
        gpus: gpusOf(occupancy),
        sessions,
        queue,
        workers: workers.map(({ name, seenAt }) => ({
          name,
          last_seen_at: toTimestamp(seenAt),
          is_alive: nowMs - sqlTimeToMs(seenAt) < ALIVE_MS,
        })),
        users,
      }
    },

    async readVersions() {
      const [database, competitions] = await Promise.all([
        readDatabaseVersions(db),
        listCompetitionVersions(db),
      ])
      return {
        api: API_VERSION,
        node: process.version,
        ...database,
        scorer: SCORER_VERSION,
        competitions,
      }
    },
  }
}
