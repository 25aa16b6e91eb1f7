import { expect, inject, test } from 'vitest'
import { playHistories } from './history.ts'
import { PLANTED_FAULTS } from './plant.ts'
import { measureRate } from './report.ts'

const HISTORIES_MAX = 10_000
// From any seed; the short pass always begins with the same, so that it takes the same time.
const first = inject('isLong') ? inject('seed') : (inject('askedSeed') ?? 1)

test.each(PLANTED_FAULTS)(
  '$title is found within 10,000 histories',
  {
    timeout: 30 * 60_000,
  },
  async ({ title, breaks, plant }) => {
    const rate = measureRate()
    const { played, last } = await playHistories(first, HISTORIES_MAX, { plant })
    console.log(`${title}: found in history ${played} from seed ${first} on; ${rate(played)}`)
    const [violation = 'nothing was found'] = last.violations
    expect(breaks).toContain(violation.split(':')[0])
  },
)
