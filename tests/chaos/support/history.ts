import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../../support/installation.ts'

/** One request of a client. `unknown`: no answer of the API arrived, so it may have been done or not. */
export type Operation = {
  who: string
  what: 'create' | 'stop' | 'upload' | 'read'
  startedMs: number
  endedMs: number
  outcome: 'ok' | 'refused' | 'unknown'
  status: number | null
  /** The problem's code where it was refused. */
  code: string | null
  /** The session or submission that it was about, where that is known. */
  subject: string | null
}

/** What clients did and what was done to the platform, in order. */
export interface History {
  readonly operations: readonly Operation[]
  record(operation: Operation): void
  /** A fault that was injected, or anything else that a reader wants to see between the operations. */
  note(text: string): void
  /** Write everything to `.artifacts/chaos`; the file's path. */
  keep(name: string, more: Record<string, unknown>): string
}

export function createHistory(): History {
  const operations: Operation[] = []
  const notes: { atMs: number; text: string }[] = []
  return {
    operations,
    record: (operation) => void operations.push(operation),
    note: (text) => void notes.push({ atMs: Date.now(), text }),
    keep(name, more) {
      const folder = join(REPOSITORY, '.artifacts/chaos')
      mkdirSync(folder, { recursive: true })
      const path = join(
        folder,
        `${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 80)}-${Date.now()}.json`,
      )
      const text = (_key: string, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value
      writeFileSync(path, JSON.stringify({ ...more, notes, operations }, text, 1))
      return path
    },
  }
}
