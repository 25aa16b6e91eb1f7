import { loadBundles } from '@medforge/competitions'
import type { Metric } from '@medforge/contracts'
import { type ExpectedIds, expectIds, type SubmissionSpec } from '@medforge/scoring'

/** Two files that belong together, as text. */
export type ComputeCase = {
  competition: string
  spec: SubmissionSpec
  expected: ExpectedIds
  submission: string
  holdout: string
  rows: number
}

const ROWS = 10_000
// The reference counts pairs and pixels one by one.
const PATIENTS = 2000
const IMAGES = 200
const SIDE = 512

/**
 * CIFAR-100 with ten thousand labels, RSNA with six thousand boxes, and every other metric on ten thousand ids, two thousand risks or two
 * hundred masks.
 */
export async function makeCases(): Promise<ComputeCase[]> {
  const chance = createChance(7)
  return [...(await makeSeedCases(chance)), ...makeMetricCases(chance)]
}

type Chance = () => number

async function makeSeedCases(chance: Chance): Promise<ComputeCase[]> {
  const [cifar, rsna] = await loadBundles()
  if (!cifar || !rsna) throw new Error('The seeds are missing.')
  const labels = (error: number) =>
    cifar.expected.ids
      .map((id, at) => `${id},${chance() < error ? Math.floor(chance() * 100) : (at * 31) % 100}\n`)
      .join('')
  const truth: string[] = []
  const predicted: string[] = []
  let boxes = 0
  for (const id of rsna.expected.ids) {
    const count = boxes < 6000 && chance() < 0.5 ? 1 + Math.floor(chance() * 4) : 0
    if (count === 0) {
      truth.push(`${id},,,,`)
      predicted.push(`${id},,,,,`)
    }
    for (let nth = 0; nth < count; nth += 1) {
      boxes += 1
      const box = [chance() * 600, chance() * 600, 100 + chance() * 200, 100 + chance() * 250]
      truth.push([id, ...box.map((side) => side.toFixed(1))].join(','))
      const moved = box.map((side) => (side + (chance() - 0.5) * 60).toFixed(1))
      predicted.push([id, chance().toFixed(4), ...moved].join(','))
    }
  }
  return [
    {
      competition: 'cifar-100-classification',
      spec: cifar.spec,
      expected: cifar.expected,
      rows: cifar.expected.ids.length,
      submission: `image_id,label\n${labels(0.3)}`,
      holdout: `image_id,label\n${labels(0)}`,
    },
    {
      competition: 'rsna-pneumonia-detection',
      spec: rsna.spec,
      expected: rsna.expected,
      rows: boxes,
      submission: `patientId,confidence,x,y,width,height\n${predicted.join('\n')}\n`,
      holdout: `patientId,x,y,width,height\n${truth.join('\n')}\n`,
    },
  ]
}

function makeMetricCases(chance: Chance): ComputeCase[] {
  const idColumn = 'image_id'
  const grade = (): number => Math.floor(chance() * 5)
  const grades = (metric: 'balanced_accuracy' | 'macro_f1' | 'quadratic_weighted_kappa') => {
    const labels = { min: 0, max: 4 }
    return caseOf({ metric, idColumn, targetColumn: 'label', labels }, ROWS, () => {
      const truth = grade()
      return [String(chance() < 0.3 ? grade() : truth), String(truth)]
    })
  }
  const probabilities = (metric: 'auroc' | 'average_precision' | 'log_loss') =>
    caseOf({ metric, idColumn, targetColumns: ['target'] }, ROWS, () => {
      const truth = chance() < 0.2 ? 1 : 0
      return [((chance() + truth) / 2).toFixed(4), String(truth)]
    })
  const values = (metric: 'rmse' | 'mae' | 'r2') =>
    caseOf({ metric, idColumn, targetColumns: ['target'] }, ROWS, () => {
      const truth = chance() * 100
      return [(truth + chance() * 10).toFixed(2), truth.toFixed(2)]
    })
  const risks = () => {
    const spec = { targetColumns: ['risk'], holdoutColumns: ['time', 'event'] }
    return caseOf({ metric: 'concordance_index', idColumn, ...spec }, PATIENTS, () => {
      const time = Math.floor(chance() * 3000)
      const risk = (1 - time / 3000 + chance()).toFixed(3)
      return [risk, `${time},${chance() < 0.4 ? 1 : 0}`]
    })
  }
  const masks = (metric: 'dice' | 'iou') => {
    const image = { width: SIDE, height: SIDE }
    return caseOf({ metric, idColumn, targetColumn: 'mask', image }, IMAGES, () => {
      if (chance() < 0.3) return ['', '']
      const [from, height] = [Math.floor(chance() * 100), 20 + Math.floor(chance() * 100)]
      return [ellipse(from + 5, height, 40), ellipse(from, height, 50)]
    })
  }
  return [
    grades('balanced_accuracy'),
    grades('macro_f1'),
    grades('quadratic_weighted_kappa'),
    probabilities('auroc'),
    probabilities('average_precision'),
    probabilities('log_loss'),
    values('rmse'),
    values('mae'),
    values('r2'),
    risks(),
    masks('dice'),
    masks('iou'),
  ]
}

/** @param rowOf  the cells of a prediction and of the truth, beside the id */
function caseOf(spec: SubmissionSpec, rows: number, rowOf: () => [string, string]): ComputeCase {
  const ids = Array.from({ length: rows }, (_, at) => String(at))
  const lines = ids.map((id) => rowOf().map((cells) => `${id},${cells}\n`))
  const [predicted, actual] = columnsOf(spec)
  return {
    competition: spec.metric satisfies Metric,
    spec,
    expected: expectIds(ids),
    rows,
    submission: `${predicted}\n${lines.map(([mine]) => mine).join('')}`,
    holdout: `${actual}\n${lines.map(([, truth]) => truth).join('')}`,
  }
}

/** The headers of a submission and of a holdout. */
function columnsOf(spec: SubmissionSpec): [string, string] {
  if ('boxColumns' in spec) throw new Error('Boxes come from the seed.')
  const targets = 'targetColumns' in spec ? spec.targetColumns : [spec.targetColumn]
  const actual = ('holdoutColumns' in spec && spec.holdoutColumns) || targets
  const header = (columns: readonly string[]) => [spec.idColumn, ...columns].join(',')
  return [header(targets), header(actual)]
}

/** Runs of an ellipse of so many columns, down each column. */
function ellipse(from: number, height: number, columns: number): string {
  const runs: number[] = []
  for (let column = 0; column < columns; column += 1) {
    const offset = (2 * column + 1) / columns - 1
    const length = Math.max(1, Math.round(height * Math.sqrt(1 - offset * offset)))
    runs.push((from + column) * SIDE + 150 - Math.floor(length / 2), length)
  }
  return runs.join(' ')
}

/** Mulberry32. */
function createChance(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
