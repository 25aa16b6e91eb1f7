import type { Metric } from '@medforge/contracts'

/** What the columns of a competition's submission mean; comes from the bundle's `manifest.json`. */
export type SubmissionSpec = LabelSpec | BoxSpec | NumberSpec | MaskSpec

/** How else a file may say the same: what its public contest accepts. */
export type Accepted = {
  /** Column → other names that it may have. */
  columnAliases?: Readonly<Record<string, readonly string[]>>
  /** Of labels: the name of each, from the lowest. */
  labelNames?: readonly string[]
  /** Of boxes: a column with all of an image, "confidence x y width height" repeated, in place of the five. */
  predictionStringColumn?: string
}

/** One row an id, one whole number a row. */
export type LabelSpec = {
  accepts?: Accepted
  metric: MetricOf<'labels'>
  idColumn: string
  targetColumn: string
  /** Both ends count. */
  labels: { min: number; max: number }
}

/** One row a box; a row with every cell but the id empty says "nothing here". */
export type BoxSpec = {
  accepts?: Accepted
  metric: MetricOf<'boxes'>
  idColumn: string
  boxColumns: BoxColumns
}

export type BoxColumns = {
  confidence: string
  x: string
  y: string
  width: string
  height: string
}

/** One row an id, one real number a column. */
export type NumberSpec = {
  accepts?: Accepted
  metric: MetricOf<'probabilities' | 'values' | 'risks'>
  idColumn: string
  targetColumns: readonly string[]
  /** Of the holdout, where it has others: time and event, for a risk. */
  holdoutColumns?: readonly string[]
}

/** One row an id, one mask a row, as runs of pixels. */
export type MaskSpec = {
  accepts?: Accepted
  metric: MetricOf<'masks'>
  idColumn: string
  targetColumn: string
  /** Pixels. */
  image: { width: number; height: number }
}

/** How the targets of a competition are written; docs/competitions.md shows each. */
export type Layout = (typeof METRIC_RULES)[Metric]['layout']

export type MetricOf<Of extends Layout> = {
  [Name in Metric]: (typeof METRIC_RULES)[Name]['layout'] extends Of ? Name : never
}[Metric]

/**
 * The rule behind each metric, as docs/competitions.md states it. A score is stamped with its version. `isBounded`: there are only so many
 * scores that a file can get, whatever it says, so what one tells about the holdout has a bound.
 */
export const METRIC_RULES = {
  accuracy: { version: 'accuracy-v1', layout: 'labels', higherIsBetter: true, isBounded: true },
  balanced_accuracy: {
    version: 'balanced_accuracy-v1',
    layout: 'labels',
    higherIsBetter: true,
    isBounded: true,
  },
  macro_f1: { version: 'macro_f1-v1', layout: 'labels', higherIsBetter: true, isBounded: true },
  quadratic_weighted_kappa: {
    version: 'quadratic_weighted_kappa-v1',
    layout: 'labels',
    higherIsBetter: true,
    isBounded: true,
  },
  map_iou: { version: 'map_iou-v2', layout: 'boxes', higherIsBetter: true, isBounded: false },
  auroc: { version: 'auroc-v1', layout: 'probabilities', higherIsBetter: true, isBounded: true },
  average_precision: {
    version: 'average_precision-v1',
    layout: 'probabilities',
    higherIsBetter: true,
    isBounded: false,
  },
  log_loss: {
    version: 'log_loss-v1',
    layout: 'probabilities',
    higherIsBetter: false,
    isBounded: false,
  },
  rmse: { version: 'rmse-v1', layout: 'values', higherIsBetter: false, isBounded: false },
  mae: { version: 'mae-v1', layout: 'values', higherIsBetter: false, isBounded: false },
  r2: { version: 'r2-v1', layout: 'values', higherIsBetter: true, isBounded: false },
  concordance_index: {
    version: 'concordance_index-v1',
    layout: 'risks',
    higherIsBetter: true,
    isBounded: true,
  },
  dice: { version: 'dice-v1', layout: 'masks', higherIsBetter: true, isBounded: false },
  iou: { version: 'iou-v1', layout: 'masks', higherIsBetter: true, isBounded: false },
} as const satisfies Record<
  Metric,
  {
    version: string
    layout: 'labels' | 'boxes' | 'probabilities' | 'values' | 'risks' | 'masks'
    higherIsBetter: boolean
    isBounded: boolean
  }
>

/** The spec without other ways to write the same: what a holdout has to agree with. */
export function meaningOf({
  accepts: _,
  ...meaning
}: SubmissionSpec): Omit<SubmissionSpec, 'accepts'> {
  return meaning
}

/** Whether the metric is of this layout. */
export function isMetricOf<Of extends Layout>(metric: Metric, layout: Of): metric is MetricOf<Of> {
  return METRIC_RULES[metric].layout === layout
}

/** The ids that a submission must name: public, since they stand in the sample submission. */
export type ExpectedIds = {
  ids: readonly string[]
  /** Id → its place in `ids`. */
  indexOf: ReadonlyMap<string, number>
}

/** @throws Error when an id is there twice */
export function expectIds(ids: readonly string[]): ExpectedIds {
  const indexOf = new Map(ids.map((id, index) => [id, index]))
  if (indexOf.size !== ids.length) throw new Error('The expected ids are not unique.')
  return { ids, indexOf }
}

/** Labels in the order of the expected ids. */
export type LabelTable = { kind: 'labels'; labels: Int32Array }

/** Boxes of each expected id in its place, in the order of the file. */
export type BoxTable = { kind: 'boxes'; images: readonly (readonly Box[])[] }

/** Pixels; the box covers x..x+width and y..y+height. */
export type Box = { confidence: number; x: number; y: number; width: number; height: number }

/** One array a column, each in the order of the expected ids: 8 bytes a cell. */
export type NumberTable = { kind: 'numbers'; columns: readonly Float64Array[] }

/** Runs of pixels, each as its first pixel and the one after its last, from 0: 8 bytes a run and 8 an id. */
export type MaskTable = {
  kind: 'masks'
  runs: Uint32Array
  /** For each expected id, where its runs begin and end in `runs`; there they ascend and share no pixel. */
  bounds: Uint32Array
}

/** A file that passed every check, or a holdout (whose boxes have confidence 1). */
export type Table = LabelTable | BoxTable | NumberTable | MaskTable
