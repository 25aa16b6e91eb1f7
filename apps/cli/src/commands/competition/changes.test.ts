import { describe, expect, test } from 'vitest'
import { changesOf, describeChanges } from './changes.ts'
import type { CompetitionRow } from './setting.ts'

const row = {
  id: '1',
  title: 'Titanic',
  rules: 'Be fair.',
  submission_cap_per_day: 20,
  is_permanent: true,
  holdout_rows: null,
} as unknown as CompetitionRow

describe(changesOf, () => {
  test('names the settings that would be others, and no others', () => {
    const wanted = { ...row, id: '2', submission_cap_per_day: 5, is_permanent: false }
    expect(changesOf(row, wanted)).toEqual([
      { setting: 'submission_cap_per_day', from: '20', to: '5' },
      { setting: 'is_permanent', from: 'yes', to: 'no' },
    ])
    expect(changesOf(row, { ...row, id: '3' })).toEqual([])
  })
})

describe(describeChanges, () => {
  test('shows both sides of a short one, only names a long one, and lets no text move the cursor', () => {
    const text = describeChanges([
      { setting: 'title', from: 'Titanic', to: 'Titanic\u001b[2J' },
      { setting: 'rules', from: 'Be fair.', to: 'Be fair.\nBe kind.' },
    ])
    expect(text).toContain('  title  Titanic → Titanic\ufffd[2J\n')
    expect(text).toContain('  rules  another text\n')
  })

  test('says nothing where nothing changes', () => {
    expect(describeChanges([])).toBe('')
  })
})
