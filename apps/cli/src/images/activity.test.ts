import { expect, it, describe as suite } from 'vitest'
import { createActivity, describe } from './activity.ts'

suite(describe, () => {
  it('names every step with its detail, and its age once that is worth telling', () => {
    const line = describe(
      [
        { what: 'building api', detail: 'step 2 of 9', startedAt: 0 },
        { what: 'pushing base', detail: '', startedAt: 9_000 },
        { what: 'building db', detail: '', startedAt: 2_000 },
      ],
      10_000,
    )
    expect(line).toBe('building api (step 2 of 9, 10 s) · pushing base · building db (8 s)')
  })
})

suite(createActivity, () => {
  it('reports every change and forgets a step that ended', async () => {
    const lines: string[] = []
    await using activity = createActivity(
      (line) => lines.push(line),
      () => 0,
    )
    {
      using first = activity.begin('building base')
      first.detail('step 1 of 2')
    }
    using _ = activity.begin('building api')
    expect(lines).toEqual(['building base', 'building base (step 1 of 2)', 'building api'])
  })
})
