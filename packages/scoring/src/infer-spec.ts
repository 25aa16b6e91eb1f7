import type { Metric } from '@medforge/contracts'
import { readColumn, readRecords } from './column.ts'
import { parseReal, parseWhole } from './numbers.ts'
import { isMetricOf, type LabelSpec, METRIC_RULES, type SubmissionSpec } from './spec.ts'

export type InferOptions = {
  metric: Metric
  /** The first of the labels unless given. */
  idColumn?: string
  /** Pixels, for masks. */
  image?: { width: number; height: number }
}

// As wide as a competition's labels may lie.
const LABELS_MAX = 1_000_001

const WANTED = {
  labels: 'a label',
  probabilities: 'a 0 or 1 for each class or finding',
  values: 'a value',
  risks: 'a time and an event, in this order',
  masks: 'a mask',
  boxes: 'x, y, width and height, in this order',
}

/**
 * What the columns of two files mean, where no competition says so: an id and the targets in the labels, and the same targets in the
 * predictions; for boxes one more column there, the confidence, and for risks one in place of time and event.
 *
 * @returns a sentence where the files do not fit the metric
 */
export function inferSpec(
  labels: Uint8Array,
  predictions: Uint8Array,
  { metric, idColumn: named, image }: InferOptions,
): SubmissionSpec | string {
  const header = headerOf(labels)
  const idColumn = named ?? header[0] ?? ''
  if (!header.includes(idColumn)) return `The labels have no column "${idColumn}".`
  const targets = header.filter((name) => name !== idColumn)
  const [target = '', second = '', third = '', fourth = ''] = targets
  const predicted = headerOf(predictions).filter((name) => name !== idColumn)
  const columns = { labels: 1, values: 1, masks: 1, risks: 2, boxes: 4, probabilities: null }
  const { layout } = METRIC_RULES[metric]
  if (targets.length === 0 || targets.length !== (columns[layout] ?? targets.length)) {
    return `For ${metric} the labels have an id and ${WANTED[layout]}; these have ${header.join(', ')}.`
  }
  if (isMetricOf(metric, 'labels')) {
    const spec = { metric, idColumn, targetColumn: target }
    return withRange(spec, readColumn(labels, target), readColumn(predictions, target))
  }
  if (isMetricOf(metric, 'masks')) {
    if (!image) return `${metric} needs the size of the images, such as 1024x1024.`
    return { metric, idColumn, targetColumn: target, image }
  }
  if (isMetricOf(metric, 'boxes')) {
    const [confidence = 'confidence'] = predicted.filter((name) => !targets.includes(name))
    const boxColumns = { confidence, x: target, y: second, width: third, height: fourth }
    return { metric, idColumn, boxColumns }
  }
  if (isMetricOf(metric, 'risks')) {
    const [risk = 'risk'] = predicted.filter((name) => !targets.includes(name))
    return { metric, idColumn, targetColumns: [risk], holdoutColumns: targets }
  }
  return { metric, idColumn, targetColumns: targets }
}

function headerOf(csv: Uint8Array): string[] {
  return readRecords(csv).records[0] ?? []
}

/** From the lowest to the highest label of either file; or, where a true one is a name, the names in the order of the alphabet. */
function withRange(
  spec: Omit<LabelSpec, 'labels'>,
  actual: readonly string[],
  predicted: readonly string[],
): SubmissionSpec | string {
  const cells = [...new Set([...actual, ...predicted])].filter((cell) => cell !== '').sort()
  if (actual.some((cell) => cell !== '' && parseReal(cell) === null)) {
    if (spec.metric === 'quadratic_weighted_kappa') return 'Kappa needs labels that are numbers.'
    return { ...spec, labels: { min: 0, max: cells.length - 1 }, accepts: { labelNames: cells } }
  }
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const cell of cells) {
    const label = parseWhole(cell)
    if (label === null) continue
    min = Math.min(min, label)
    max = Math.max(max, label)
  }
  if (min > max) return { ...spec, labels: { min: 0, max: 0 } }
  if (max - min < LABELS_MAX) return { ...spec, labels: { min, max } }
  return `The labels lie from ${min} to ${max}; at most ${LABELS_MAX} in a row can be scored.`
}
