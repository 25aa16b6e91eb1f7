import type { SubmissionShape } from '@medforge/contracts'
import type { Accepted, SubmissionSpec } from './spec.ts'

/** A spec as the API names it. What only a holdout has is left out. */
export function shapeOf(spec: SubmissionSpec): SubmissionShape {
  const { columnAliases, labelNames, predictionStringColumn } = spec.accepts ?? {}
  const accepts: SubmissionShape['accepts'] = {}
  if (columnAliases) accepts.column_aliases = copyOf(columnAliases)
  if (labelNames) accepts.label_names = [...labelNames]
  if (predictionStringColumn) accepts.prediction_string_column = predictionStringColumn
  const shape = meaningOfSpec(spec)
  return spec.accepts ? { ...shape, accepts } : shape
}

function copyOf(aliases: NonNullable<Accepted['columnAliases']>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(aliases).map(([column, names]) => [column, [...names]]))
}

function meaningOfSpec(spec: SubmissionSpec): SubmissionShape {
  const id_column = spec.idColumn
  if ('boxColumns' in spec) {
    return { metric: spec.metric, id_column, box_columns: spec.boxColumns }
  }
  if ('targetColumns' in spec) {
    return { metric: spec.metric, id_column, target_columns: [...spec.targetColumns] }
  }
  const target_column = spec.targetColumn
  if ('image' in spec) {
    const { width: image_width, height: image_height } = spec.image
    return { metric: spec.metric, id_column, target_column, image_width, image_height }
  }
  const { min: label_min, max: label_max } = spec.labels
  return { metric: spec.metric, id_column, target_column, label_min, label_max }
}

/** The spec behind it, for submissions. */
export function specOfShape(shape: SubmissionShape): SubmissionSpec {
  const { column_aliases, label_names, prediction_string_column } = shape.accepts ?? {}
  const accepts: Accepted = {
    ...(column_aliases ? { columnAliases: column_aliases } : {}),
    ...(label_names ? { labelNames: label_names } : {}),
    ...(prediction_string_column ? { predictionStringColumn: prediction_string_column } : {}),
  }
  const spec = meaningOfShape(shape)
  return shape.accepts ? { ...spec, accepts } : spec
}

function meaningOfShape(shape: SubmissionShape): SubmissionSpec {
  const idColumn = shape.id_column
  if ('box_columns' in shape) {
    return { metric: shape.metric, idColumn, boxColumns: shape.box_columns }
  }
  if ('target_columns' in shape) {
    return { metric: shape.metric, idColumn, targetColumns: shape.target_columns }
  }
  const targetColumn = shape.target_column
  if ('image_width' in shape) {
    const image = { width: shape.image_width, height: shape.image_height }
    return { metric: shape.metric, idColumn, targetColumn, image }
  }
  const labels = { min: shape.label_min, max: shape.label_max }
  return { metric: shape.metric, idColumn, targetColumn, labels }
}
