import type { SqlSamples } from '@medforge/db'
import type * as accesses from './accesses.ts'

const NOW = { at: new Date(0), idleTtlMs: 1 }
const WRITER = [{ value: '{"writer":"w","is_closed":false}', updated_at: '2026-03-01' }]
const NEWEST = [{ at: '2026-03-01' }]

export const samples: SqlSamples<typeof accesses> = {
  areAccessesClosed: { args: [], rows: [WRITER] },
  openAccesses: { args: ['v', NOW], rows: [WRITER, NEWEST] },
  closeAccesses: { args: ['w', NOW.at], rows: [WRITER, NEWEST] },
  assumeLostAccesses: { args: [NOW], rows: [WRITER, NEWEST] },
}
