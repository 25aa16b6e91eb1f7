import { describe, expect, test } from 'vitest'
import { stepPath } from './step-path.ts'

const at = (hour: number) => `2026-11-23T${String(hour).padStart(2, '0')}:00:00Z`
const ms = (hour: number) => Date.parse(at(hour))

describe(stepPath, () => {
  test('stays level until the score gets better, and goes on to the end', () => {
    const points = [
      { at: at(0), primary_score: 0.5 },
      { at: at(5), primary_score: 0.6 },
      { at: at(10), primary_score: 0.7 },
    ]
    expect(stepPath(points, ms(20))).toBe('M0 96H150V48H300V0H600')
  })

  test('goes down where lower is better', () => {
    const points = [
      { at: at(0), primary_score: 3 },
      { at: at(1), primary_score: 1 },
    ]
    expect(stepPath(points, ms(1))).toBe('M0 0H600V96H600')
  })

  test('is a line in the middle for one score, and nothing for none', () => {
    expect(stepPath([{ at: at(0), primary_score: 1 }], ms(0))).toBe('M0 48H600')
    expect(stepPath([], ms(0))).toBe('')
  })
})
