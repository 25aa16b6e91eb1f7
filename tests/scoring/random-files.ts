import type { Metric, SubmissionShape } from '@medforge/contracts'
import { METRIC_RULES } from '@medforge/scoring'

/** Labels and a prediction of the same ids, as files, that the metric can score. */
export type FilePair = {
  metric: Metric
  shape: SubmissionShape
  labels: string
  predictions: string
}

/** Whole numbers from 0, `count` excluded (mulberry32). */
type Random = (count: number) => number

export function createRandom(seed: number): Random {
  let state = seed
  return (count) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) % 1_000_003) % count
  }
}

/** Of one id, as many rows as it has. */
type Cells = (random: Random, place: number) => string[][]

const SIZE = 16
const BOX_COLUMNS = ['x', 'y', 'width', 'height']

/** One set of labels, and so many predictions for it. The same seed gives the same. */
export function randomPairs(metric: Metric, seed: number, predictions: number): FilePair[] {
  const random = createRandom(seed)
  const ids = Array.from({ length: 2 + random(24) }, (_, place) => `case-${place}`)
  const { shape, truth, guess } = makersOf(metric, random)
  const labels = toCsv(ids, truth.columns, truth.cells, random)
  return Array.from({ length: predictions }, () => ({
    metric,
    shape,
    labels,
    predictions: toCsv(shuffle(ids, random), guess.columns, guess.cells, random),
  }))
}

type Maker = { columns: string[]; cells: Cells }

function makersOf(
  metric: Metric,
  random: Random,
): { shape: SubmissionShape; truth: Maker; guess: Maker } {
  const id_column = 'image'
  const one = (cells: (random: Random, place: number) => string): Cells => {
    return (next, place) => [[cells(next, place)]]
  }
  switch (METRIC_RULES[metric].layout) {
    case 'labels': {
      const [label_min, classes] = [random(4), 2 + random(5)]
      const label = (next: Random) => label_min + next(classes)
      // Two different ones at least, which kappa needs.
      const truth = one((next, place) => String(place < 2 ? label_min + place : label(next)))
      const columns = ['grade']
      const shape = { id_column, target_column: 'grade', label_min, label_max: label_min + classes }
      return {
        shape: { metric, ...shape } as SubmissionShape,
        truth: { columns, cells: truth },
        guess: { columns, cells: one((next) => `${label(next)}${next(4) === 0 ? '.0' : ''}`) },
      }
    }
    case 'probabilities': {
      const count = metric === 'log_loss' ? [1, 3, 4][random(3)] : 1 + random(3)
      const columns = Array.from({ length: count ?? 1 }, (_, place) => `finding ${place}`)
      const oneHot = (next: Random) => {
        const chosen = next(columns.length)
        return columns.map((_, place) => String(+(place === chosen)))
      }
      const findings = (next: Random, place: number) =>
        columns.map(() => String(place < 2 ? place : next(2)))
      const isOneHot = metric === 'log_loss' && columns.length > 1
      return {
        shape: { metric, id_column, target_columns: columns } as SubmissionShape,
        truth: {
          columns,
          cells: (next, place) => [isOneHot ? oneHot(next) : findings(next, place)],
        },
        guess: { columns, cells: (next) => [columns.map(() => probability(next))] },
      }
    }
    case 'values': {
      const scale = 10 ** (random(9) - 4)
      const columns = ['age']
      const value = (next: Random) => String((next(1_000_003) / 997 - 500) * scale)
      return {
        shape: { metric, id_column, target_columns: columns } as SubmissionShape,
        truth: { columns, cells: one((next, place) => (place < 2 ? String(place) : value(next))) },
        guess: { columns, cells: one(value) },
      }
    }
    case 'risks': {
      // The first had the event before anybody else was lost from sight.
      const survival = (next: Random, place: number) =>
        place === 0 ? ['0.5', '1'] : [String(1 + next(40) / 4), String(next(2))]
      return {
        shape: { metric, id_column, target_columns: ['risk'] } as SubmissionShape,
        truth: { columns: ['months', 'died'], cells: (next, place) => [survival(next, place)] },
        guess: { columns: ['risk'], cells: one((next) => String(next(50) / 7 - 3)) },
      }
    }
    case 'masks': {
      const columns = ['outline']
      const shape = { id_column, target_column: 'outline', image_width: SIZE, image_height: SIZE }
      return {
        shape: { metric, ...shape } as SubmissionShape,
        truth: { columns, cells: one(mask) },
        guess: { columns, cells: one(mask) },
      }
    }
    case 'boxes': {
      const names = ['confidence', ...BOX_COLUMNS]
      const box_columns = Object.fromEntries(names.map((name) => [name, name]))
      const boxes = (next: Random, least: number, width: number, cells: () => string[]) => {
        const rows = Array.from({ length: Math.max(least, next(4)) }, cells)
        return rows.length > 0 ? rows : [Array<string>(width).fill('')]
      }
      return {
        shape: { metric, id_column, box_columns } as SubmissionShape,
        truth: {
          columns: BOX_COLUMNS,
          cells: (next, place) => boxes(next, +(place === 0), 4, () => box(next)),
        },
        guess: {
          columns: names,
          cells: (next) => boxes(next, 0, 5, () => [String(next(20) / 20), ...box(next)]),
        },
      }
    }
  }
}

function probability(random: Random): string {
  const value = random(1_000_003) / 1_000_002
  return (
    [String(value), value.toExponential(), value.toFixed(2), String(random(2))][random(4)] ?? ''
  )
}

function mask(random: Random): string {
  const runs: number[] = []
  for (let at = 1 + random(20); at < SIZE * SIZE - 20; at += 1 + random(60)) {
    const length = 1 + random(15)
    runs.push(at, length)
    at += length
  }
  return random(4) === 0 ? '' : runs.join(' ')
}

function box(random: Random): string[] {
  const corner = () => String(random(24) / 2)
  const side = () => String(1 + random(20) / 3)
  return [corner(), corner(), side(), side()]
}

function toCsv(ids: string[], columns: string[], cells: Cells, random: Random): string {
  const rows = ids.flatMap((id) =>
    cells(random, Number(id.slice('case-'.length))).map((row) => [id, ...row].join(',')),
  )
  return `${[['image', ...columns].join(','), ...rows].join('\n')}\n`
}

function shuffle(ids: string[], random: Random): string[] {
  return ids
    .map((id) => ({ id, at: random(1_000_003) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ id }) => id)
}
