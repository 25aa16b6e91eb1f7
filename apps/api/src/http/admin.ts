import type { GpuMode, Health } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { RouteGuards } from './guards.ts'
import type { Pagination } from './pagination.ts'

export type AdminDeps = {
  db: Kysely<DB>
  clock: Clock
  guards: RouteGuards
  pagination: Pagination
  domain: string
  gpuMode: GpuMode
  readHealth(): Promise<Health>
}

export const ADMIN_TAGS = ['Administration']
/** What every route here can refuse. */
export const ADMIN_PROBLEMS = ['authentication_required', 'admin_required'] as const
