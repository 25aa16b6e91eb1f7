import { describe, expect, test } from 'vitest'
import { findAdvisories, parseEdgeVersions } from './edge-advisories.ts'

const FIXED = { caddy: '2.6.2-12+deb13u1', go: '1.27.4' }
const idsOf = (versions: Partial<typeof FIXED>) =>
  findAdvisories({ ...FIXED, ...versions }).map((line) => line.split(' ')[0])

describe(findAdvisories, () => {
  test('finds nothing against what the image is built of', () => {
    expect(idsOf({})).toEqual([])
  })

  test('names what a version before the fix of its branch has', () => {
    expect(idsOf({ go: '1.27.3' })).toEqual(['CVE-2026-97054'])
    expect(idsOf({ go: '1.26.11' })).toEqual(['CVE-2026-78669', 'CVE-2026-78663'])
    expect(idsOf({ caddy: '2.6.2-12' })).toEqual(['CVE-2026-27587', 'CVE-2026-52845'])
  })

  test('names what a branch has that never got the fix', () => {
    expect(idsOf({ go: '1.24.4' })).toContain('CVE-2025-61726')
    expect(idsOf({ caddy: '2.9.1' })).toEqual(['CVE-2026-27587', 'CVE-2026-52845'])
  })

  test('names nothing against a branch that began with the fix, or ended before the fault', () => {
    expect(idsOf({ go: '1.28.0' })).toEqual([])
    expect(idsOf({ caddy: '2.11.4' })).toEqual([])
    expect(idsOf({ caddy: '2.11.1' })).toEqual(['CVE-2026-30851', 'CVE-2026-52845'])
  })
})

describe(parseEdgeVersions, () => {
  test('reads what the image says', () => {
    expect(parseEdgeVersions('caddy 2.6.2-12+deb13u1\ngo 1.27.4\n')).toEqual(FIXED)
  })

  test('knows nothing of an image that does not say', () => {
    expect(parseEdgeVersions('')).toBeUndefined()
  })
})
