import type { Metric } from '@medforge/contracts'

/** What the columns of a competition's submission mean; comes from the bundle's `manifest.json`. */
export type SubmissionSpec = LabelSpec | BoxSpec

/** One row an id, one whole number a row. */
export type LabelSpec = {
  metric: 'accuracy'
  idColumn: string
  targetColumn: string
  /** Both ends count. */
  labels: { min: number; max: number }
}

/** One row a box; a row with every cell but the id empty says "nothing here". */
export type BoxSpec = {
  metric: 'map_iou'
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

/** The rule behind each metric, as docs/competitions.md states it. A score is stamped with it. */
export const METRIC_VERSIONS = {
  accuracy: 'accuracy-v1',
  map_iou: 'map_iou-v2',
} as const satisfies Record<Metric, string>

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
export type LabelTable = { metric: 'accuracy'; labels: Int32Array }

/** Boxes of each expected id in its place, in the order of the file. */
export type BoxTable = { metric: 'map_iou'; images: readonly (readonly Box[])[] }

/** Pixels; the box covers x..x+width and y..y+height. */
export type Box = { confidence: number; x: number; y: number; width: number; height: number }

/** A file that passed every check, or a holdout (whose boxes have confidence 1). */
export type Table = LabelTable | BoxTable
