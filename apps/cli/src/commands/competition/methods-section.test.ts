import { readFileSync } from 'node:fs'
import { METRIC_RULES } from '@medforge/scoring'
import { describe, expect, test } from 'vitest'
import { metricText } from './methods-section.ts'

const document = readFileSync(
  new URL('../../../../../docs/competitions.md', import.meta.url),
  'utf8',
)
const versions = Object.values(METRIC_RULES).map(({ version }) => version)

describe(metricText, () => {
  test.each(versions)('has the definition of %s with a worked example', (version) => {
    const text = metricText(document, version)
    expect(text).toMatch(/score\s+`/)
    expect(text).not.toMatch(/^#/m)
  })

  test('refuses a version that is not described', () => {
    expect(() => metricText(document, 'accuracy-v0')).toThrow('nothing of accuracy-v0')
  })
})
