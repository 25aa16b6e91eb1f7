import { describe, expect, test } from 'vitest'
import { chooseSnapshot, parseSnapshots, planClone } from './snapshots.ts'

const ROOT = 'tank/medforge/workspaces'
const ONE = '11111111-1111-4111-8111-111111111111'
const TWO = '22222222-2222-4222-8222-222222222222'
const DATASET = `${ROOT}/${ONE}/${TWO}`
const OLD = `${DATASET}@stop-1772366400000`
const NEW = `${DATASET}@death-1772366500000`

// As `zfs get -H -p -r` prints it, datasets among snapshots.
const LISTED = [
  [DATASET, 'used', '274432'],
  [OLD, 'creation', '1772366400'],
  [OLD, 'used', '0'],
  [OLD, 'referenced', '274432'],
  [NEW, 'creation', '1772366500'],
  [NEW, 'used', '1024'],
  [NEW, 'referenced', '2048'],
  [`${DATASET}@by-hand`, 'creation', '1772366600'],
]
  .map((fields) => fields.join('\t'))
  .join('\n')

describe(parseSnapshots, () => {
  test('reads the snapshots of sessions, newest first, and nobody else’s', () => {
    const [first, second, ...rest] = parseSnapshots(`${LISTED}\n`)
    expect(rest).toEqual([])
    expect(first).toEqual({
      ...{ name: NEW, dataset: DATASET, created_at: '2026-03-01T12:01:40.000Z' },
      ...{ used_bytes: 1024, referenced_bytes: 2048 },
    })
    expect(second?.name).toBe(OLD)
  })
})

describe(chooseSnapshot, () => {
  const snapshots = parseSnapshots(LISTED)

  test('takes the whole name or what stands behind the @', () => {
    expect(chooseSnapshot(snapshots, OLD).name).toBe(OLD)
    expect(chooseSnapshot(snapshots, 'death-1772366500000').name).toBe(NEW)
  })

  test('refuses what is none, or not clearly one', () => {
    expect(() => chooseSnapshot(snapshots, '1772366400000')).toThrow('no snapshot')
    const twice = [...snapshots, { ...snapshots[0], name: `x@death-1772366500000` }]
    expect(() => chooseSnapshot(twice as typeof snapshots, 'death-1772366500000')).toThrow('2')
  })
})

describe(planClone, () => {
  const plan = (dataset?: string) => planClone({ root: ROOT, snapshot: OLD, userId: ONE, dataset })

  test('is one command, to a name that nobody has', () => {
    const { dataset, command } = plan()
    expect(dataset).toMatch(new RegExp(`^${ROOT}/${ONE}/[0-9a-f-]{36}$`))
    expect(command).toEqual(['zfs', 'clone', '-o', 'canmount=noauto', OLD, dataset])
    expect(plan().dataset).not.toBe(dataset)
  })

  test.each([
    'tank/medforge/system/db',
    `${ROOT}/${ONE}`,
    `${ROOT}/${ONE}/..`,
    `${ROOT}/${ONE}/${TWO}/more`,
    `other/${ONE}/${TWO}`,
    `-o ${ROOT}/${ONE}/${TWO}`,
  ])('never makes %j', (dataset) => expect(() => plan(dataset)).toThrow('no name'))
})
