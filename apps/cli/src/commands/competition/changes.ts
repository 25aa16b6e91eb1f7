import type { CompetitionSeed } from '@medforge/db'
import { clean } from '../../terminal/output.ts'
import type { CompetitionRow } from './setting.ts'

/** One setting of a competition that an import would change. */
export type Change = { setting: string; from: string; to: string }

/** Of the row itself, and no settings. */
const IDENTITY = new Set(['id', 'created_at', 'dataset_id', 'status'])
const SHOWN_MAX = 60

export function changesOf(row: CompetitionRow, wanted: CompetitionSeed['competition']): Change[] {
  const settings = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (setting) => !IDENTITY.has(setting) && setting in row,
  )
  return settings.flatMap((setting) => {
    const [from, to] = [textOf(row[setting]), textOf(wanted[setting])]
    return from === to ? [] : [{ setting, from, to }]
  })
}

/** For the person who decides; a long text is only named. */
export function describeChanges(changes: readonly Change[]): string {
  const width = Math.max(0, ...changes.map(({ setting }) => setting.length))
  const lines = changes.map(({ setting, from, to }) => {
    const isShort = [from, to].every((text) => text.length <= SHOWN_MAX && !text.includes('\n'))
    const what = isShort ? `${clean(from) || '–'} → ${clean(to) || '–'}` : 'another text'
    return `  ${setting.padEnd(width)}  ${what}\n`
  })
  return lines.length === 0 ? '' : `What it says about itself changes:\n${lines.join('')}`
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
