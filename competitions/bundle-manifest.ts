import { BASELINES, METRICS } from '@medforge/contracts'
import {
  type Accepted,
  isMetricOf,
  type Layout,
  METRIC_RULES,
  parseReal,
  type SubmissionSpec,
  withoutBlanks,
} from '@medforge/scoring'
import { type Static, Type } from 'typebox'
import { Check, Errors } from 'typebox/value'

const SLUG = '^[a-z0-9]+(-[a-z0-9]+)*$'
const COLUMN = Type.String({ minLength: 1, maxLength: 100 })
const TITLE = Type.String({ minLength: 1, maxLength: 200 })

/** The sample submission's ids are not those of the real data either. */
const ids_are_made_up = Type.Optional(Type.Boolean())

/** How made-up labels for a demo come about; docs/competitions.md shows what they look like. */
const DemoRecipe = Type.Union([
  Type.Object({
    kind: Type.Literal('labels'),
    ids_are_made_up,
    /** Share of each label, from the lowest; equal when absent. */
    weights: Type.Optional(Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 })),
  }),
  Type.Object({
    kind: Type.Literal('boxes'),
    ids_are_made_up,
    /** Pixels along each side. */
    image_size: Type.Integer({ minimum: 64, maximum: 100_000 }),
    positive_share: Type.Number({ minimum: 0.001, maximum: 1 }),
  }),
])
export type DemoRecipe = Static<typeof DemoRecipe>

/** A file of the folder with predictions of the organiser's. */
export type ReferenceFile = `reference-${string}.csv`
const REFERENCE_FILE = '^reference-[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?\\.csv$'

/** A baseline on the board: what chance would submit, or predictions of the organiser's. */
const ReferenceSchema = Type.Union([
  Type.Object({ name: COLUMN, baseline: Type.Enum([...BASELINES]) }),
  Type.Object({ name: COLUMN, file: Type.String({ pattern: REFERENCE_FILE }) }),
])

const BundleManifestSchema = Type.Object({
  format: Type.Literal(1),
  slug: Type.String({ pattern: SLUG, maxLength: 100 }),
  title: TITLE,
  competition_spec_version: Type.String({ minLength: 1, maxLength: 50 }),
  metric: Type.Enum([...METRICS]),
  metric_version: Type.String(),
  /** Columns of the board beside the score, which decide no rank. */
  secondary_metrics: Type.Optional(Type.Array(Type.Enum([...METRICS]), { maxItems: 5 })),
  reference_entries: Type.Optional(Type.Array(ReferenceSchema, { maxItems: 10 })),
  higher_is_better: Type.Boolean(),
  is_permanent: Type.Boolean(),
  submission_cap_per_day: Type.Integer({ minimum: 1, maximum: 10_000 }),
  id_column: COLUMN,
  /** One; for probabilities one a class; for boxes confidence, x, y, width and height, in this order. */
  target_columns: Type.Array(COLUMN, { minItems: 1, maxItems: 500 }),
  /** Of the labels, where these are not the target columns: time and event, for a risk. */
  holdout_columns: Type.Optional(Type.Array(COLUMN, { minItems: 2, maxItems: 2 })),
  /** Pixels of each image, for masks. */
  image: Type.Optional(
    Type.Object({
      width: Type.Integer({ minimum: 1, maximum: 65_535 }),
      height: Type.Integer({ minimum: 1, maximum: 65_535 }),
    }),
  ),
  /** Lowest and highest label, for labels. */
  labels: Type.Optional(
    Type.Object({
      min: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      max: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    }),
  ),
  /** Other names that a column of a submission may have. */
  column_aliases: Type.Optional(
    Type.Record(COLUMN, Type.Array(COLUMN, { minItems: 1, maxItems: 20 })),
  ),
  /** What may stand for a label, from the lowest. */
  label_names: Type.Optional(Type.Array(COLUMN, { minItems: 1, maxItems: 10_000 })),
  /** A column with all boxes of an image, "confidence x y width height" repeated, in place of the five. */
  prediction_string_column: Type.Optional(COLUMN),
  /** Ids, not lines: an image with three boxes is one. */
  expected_rows: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  /** Names this set of ids; the split that a score is stamped with begins with it. */
  split_version: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,39}$' }),
  /** Without it there is no demo, and the competition waits for the operator's holdout. */
  demo: Type.Optional(DemoRecipe),
  dataset: Type.Object({
    slug: Type.String({ pattern: SLUG, maxLength: 100 }),
    title: TITLE,
    source: Type.String({ minLength: 1, maxLength: 500 }),
    license: Type.String({ minLength: 1, maxLength: 200 }),
    bytes: Type.Integer({ minimum: 0 }),
    checksum: Type.String({ minLength: 1, maxLength: 200 }),
    storage_path: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,200}$' }),
  }),
})
export type BundleManifest = Static<typeof BundleManifestSchema>

/** A folder that is not a usable bundle. The message names the folder and everything that is wrong with it. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

/** @throws BundleError that lists every fault */
export function parseBundleManifest(folder: string, text: string): BundleManifest {
  const read = readManifest(text)
  if ('faults' in read) {
    throw new BundleError(`${folder}/manifest.json: ${read.faults.join('; ')}.`)
  }
  return read.manifest
}

/** The manifest, or everything that is wrong with it. */
export function readManifest(
  text: string,
): { manifest: BundleManifest } | { faults: readonly string[] } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { faults: [`is not JSON (${error instanceof Error ? error.message : String(error)})`] }
  }
  if (!Check(BundleManifestSchema, value)) {
    const faults = [...Errors(BundleManifestSchema, value)].map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message}`,
    )
    return { faults: [...new Set(faults)] }
  }
  const faults = findContradictions(value)
  return faults.length > 0 ? { faults } : { manifest: value }
}

/** How many target columns a layout has; null: any number. */
const TARGET_COLUMNS: Record<Layout, number | null> = {
  labels: 1,
  boxes: 5,
  probabilities: null,
  values: 1,
  risks: 1,
  masks: 1,
}

function findContradictions(manifest: BundleManifest): string[] {
  const { metric, metric_version, target_columns, labels, demo, id_column } = manifest
  const { version, layout } = METRIC_RULES[metric]
  const faults: string[] = []
  if (metric_version !== version) {
    faults.push(`metric_version has to be ${version}, which this MedForge computes`)
  }
  for (const columns of [target_columns, manifest.holdout_columns ?? []]) {
    const named = [id_column, ...columns]
    if (new Set(named).size !== named.length) faults.push('a column is named twice')
  }
  faults.push(...findAcceptedFaults(manifest, layout), ...findBoardFaults(manifest))
  const wanted = TARGET_COLUMNS[layout]
  if (wanted !== null && target_columns.length !== wanted) {
    faults.push(`${metric} has ${wanted} target column${wanted === 1 ? '' : 's'}`)
  }
  if (layout === 'labels' && (!labels || labels.max < labels.min)) {
    faults.push('labels has to name the lowest and the highest label')
  }
  if (layout === 'masks' && !manifest.image) {
    faults.push('image has to name the width and the height of the images in pixels')
  }
  if ((layout === 'risks') !== (manifest.holdout_columns !== undefined)) {
    faults.push(
      layout === 'risks'
        ? 'holdout_columns has to name the column of the time and that of the event'
        : `holdout_columns is for a risk; the labels of a ${metric} have the target columns`,
    )
  }
  if (demo && demo.kind !== layout) {
    const made = layout === 'labels' || layout === 'boxes' ? layout : 'nothing'
    faults.push(`the demo of a competition for ${metric} makes ${made}`)
  }
  if (demo?.kind === 'labels' && demo.weights && labels) {
    const labelCount = labels.max - labels.min + 1
    if (demo.weights.length !== labelCount)
      faults.push(`demo.weights has to have ${labelCount} items`)
  }
  return faults
}

/** What is wrong with what the board shows beside the scores. */
function findBoardFaults(manifest: BundleManifest): string[] {
  const { metric, secondary_metrics = [], reference_entries = [] } = manifest
  const faults: string[] = []
  const { layout, isBounded } = METRIC_RULES[metric]
  const others = secondary_metrics.filter((other) => METRIC_RULES[other].layout !== layout)
  if (others.length > 0) {
    faults.push(`secondary_metrics has ${others.join(', ')}, which do not score ${layout}`)
  }
  const telling = secondary_metrics.filter((other) => isBounded && !METRIC_RULES[other].isBounded)
  if (telling.length > 0) {
    faults.push(
      `secondary_metrics has ${telling.join(', ')}, which can tell far more about the labels than ${metric}`,
    )
  }
  if (new Set([metric, ...secondary_metrics]).size <= secondary_metrics.length) {
    faults.push('secondary_metrics has a metric twice, or the one that ranks')
  }
  const names = reference_entries.map(({ name }) => name)
  if (new Set(names).size !== names.length) faults.push('reference_entries has a name twice')
  return faults
}

/** What is wrong with the other ways to write a submission: each has to mean one thing. */
function findAcceptedFaults(manifest: BundleManifest, layout: Layout): string[] {
  const { id_column, target_columns, column_aliases = {}, label_names, labels } = manifest
  const faults: string[] = []
  const columns = [id_column, ...target_columns]
  if (Object.keys(column_aliases).some((column) => !columns.includes(column))) {
    faults.push('column_aliases has a column that the competition does not')
  }
  const packed = manifest.prediction_string_column
  const named = [...columns, ...Object.values(column_aliases).flat(), ...(packed ? [packed] : [])]
  if (new Set(named).size !== named.length) {
    faults.push(
      'a name stands for two columns, among columns, column_aliases and prediction_string_column',
    )
  }
  if (packed && layout !== 'boxes') faults.push('prediction_string_column is for boxes')
  if (!label_names) return faults
  const count = labels ? labels.max - labels.min + 1 : 0
  const isPlain = (name: string) => parseReal(name) === null && name === withoutBlanks(name)
  if (label_names.length !== count || new Set(label_names).size !== count) {
    faults.push(`label_names has to have ${count} different names`)
  }
  if (!label_names.every(isPlain)) {
    faults.push('label_names has a number, or a name with blanks around it')
  }
  return faults
}

/** What the columns of this competition's files mean. Only for a manifest that was parsed here. */
export function specOf(manifest: BundleManifest): SubmissionSpec {
  const { column_aliases, label_names, prediction_string_column } = manifest
  const accepts: Accepted = {
    ...(column_aliases ? { columnAliases: column_aliases } : {}),
    ...(label_names ? { labelNames: label_names } : {}),
    ...(prediction_string_column ? { predictionStringColumn: prediction_string_column } : {}),
  }
  const spec = meaningOfManifest(manifest)
  return Object.keys(accepts).length > 0 ? { ...spec, accepts } : spec
}

function meaningOfManifest(manifest: BundleManifest): SubmissionSpec {
  const { metric, id_column: idColumn, target_columns, holdout_columns, labels, image } = manifest
  const [first = '', x = '', y = '', width = '', height = ''] = target_columns
  if (isMetricOf(metric, 'labels')) {
    return { metric, idColumn, targetColumn: first, labels: labels ?? { min: 0, max: 0 } }
  }
  if (isMetricOf(metric, 'boxes')) {
    return { metric, idColumn, boxColumns: { confidence: first, x, y, width, height } }
  }
  if (isMetricOf(metric, 'masks')) {
    return { metric, idColumn, targetColumn: first, image: image ?? { width: 0, height: 0 } }
  }
  const numbers = { metric, idColumn, targetColumns: target_columns }
  return holdout_columns ? { ...numbers, holdoutColumns: holdout_columns } : numbers
}
