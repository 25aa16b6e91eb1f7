import { describe, expect, test } from 'vitest'
import { contains, markersOf } from './holdout-markers.ts'

// Labels that look like chance and are the same in each run.
const digit = (index: number) => Math.floor(Math.abs(Math.sin(index + 1)) * 10)
const idOf = (index: number) => `0a1b2c3d-${String(index).padStart(4, '0')}`
const rows = (count: number, labelOf: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `${idOf(index)},${labelOf(index)}`)
const CLASSES = rows(400, (index) => String(digit(index)))
const BOXES = rows(400, (index) => (index % 4 ? ',,,' : `${100 + index},${digit(index)}00,300,455`))
const file = (body: string[]) => `id,label\n${body.join('\n')}\n`

const discloses = (text: string, labels: string[]) =>
  markersOf(file(labels)).some((marker) => contains(text, marker))

describe('a holdout is noticed', () => {
  test('in a hundred of its rows from anywhere, in plain text, in JSON and in JSON inside JSON', () => {
    for (let start = 0; start + 100 <= CLASSES.length; start += 25) {
      const text = CLASSES.slice(start, start + 100).join('\n')
      const body = JSON.stringify({ detail: `Not like ${text}` })
      const logged = JSON.stringify({ level: 'info', body })
      for (const output of [text, body, logged])
        expect(discloses(output, CLASSES), `${start}`).toBe(true)
    }
  })

  test('in its labels alone, run together or as a list', () => {
    const labels = CLASSES.map((row) => row.split(',')[1])
    expect(discloses(labels.join(''), CLASSES)).toBe(true)
    expect(discloses(JSON.stringify(labels.map(Number)), CLASSES)).toBe(true)
  })

  test('in single rows that no chance makes', () => {
    const boxes = BOXES.filter((row) => !row.endsWith(',,,'))
    expect(discloses(boxes.toReversed().join(';'), BOXES)).toBe(true)
  })
})

test('what everybody may know tells no holdout: ids, other labels, no labels', () => {
  const ids = CLASSES.map((_, index) => idOf(index))
  const zeros = ids.map((id) => `${id},0`)
  for (const known of [ids, zeros, ids.map((id) => `${id},,,,`)]) {
    expect(discloses(known.join('\n'), CLASSES)).toBe(false)
    expect(discloses(known.join('\n'), BOXES)).toBe(false)
  }
})
