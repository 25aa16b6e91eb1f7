import { createHash } from 'node:crypto'
import { METRICS, type Metric } from '@medforge/contracts'
import { METRIC_RULES, parseReal, readRecords } from '@medforge/scoring'
import { BundleError } from './bundle-manifest.ts'

export type SplitOptions = {
  slug: string
  /** Of the ids, for the holdout; above 0 and below 1. */
  share: number
  /** The same one makes the same split of the same ids, in whatever order they stand. */
  seed: string
  /** Found from the labels unless given. */
  metric?: Metric
  /** The first unless given. */
  idColumn?: string
  /** Pixels, for masks. */
  image?: { width: number; height: number }
}

/** The files of a bundle with its holdout, and the labels that are left for training, by their names. */
export type SplitFiles = Record<string, string> & { 'training_labels.csv': string }

const LABELS_MAX = 1000
// So few that each label gets its share of both parts, a rare one too.
const GROUPS_MAX = 100
const BOX_COLUMNS = ['x', 'y', 'width', 'height']

type Labels = { header: string[]; rows: string[][]; id: number; targets: number[] }

/**
 * Makes a competition of a file of labels.
 *
 * @throws BundleError saying why it cannot
 */
export function splitLabels(csv: Uint8Array, options: SplitOptions): SplitFiles {
  const labels = readLabels(csv, options)
  const metric = options.metric ?? guessMetric(labels)
  const { layout, version, higherIsBetter } = METRIC_RULES[metric]
  const chosen = chooseIds(labels, options)
  const names = labels.targets.map((at) => labels.header[at] ?? '')
  const idColumn = labels.header[labels.id] ?? ''
  const isHeldOut = (row: string[]) => chosen.has(row[labels.id] ?? '')
  const pick = (row: string[]) => [labels.id, ...labels.targets].map((at) => row[at] ?? '')
  const targets =
    layout === 'boxes' ? ['confidence', ...names] : layout === 'risks' ? ['risk'] : names
  const title = options.slug.replaceAll('-', ' ')
  const manifest = {
    format: 1,
    slug: options.slug,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    competition_spec_version: 'v1',
    metric,
    metric_version: version,
    higher_is_better: higherIsBetter,
    is_permanent: false,
    submission_cap_per_day: 20,
    id_column: idColumn,
    target_columns: targets,
    ...(layout === 'risks' ? { holdout_columns: names } : {}),
    ...(layout === 'masks' ? { image: options.image } : {}),
    ...(layout === 'labels' ? rangeOf(labels) : {}),
    expected_rows: chosen.size,
    split_version: 'v1',
    dataset: {
      slug: `${options.slug}-data`,
      title,
      source: 'Not stated',
      license: 'Not stated',
      bytes: csv.length,
      checksum: `sha256:${createHash('sha256').update(csv).digest('hex')}`,
      storage_path: options.slug,
    },
  }
  const blank = sampleCell(labels, layout)
  const sample = [...chosen].map((id) => [id, ...targets.map(() => blank)])
  return {
    'manifest.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'overview.md': `Predict ${targets.join(', ')} for ${chosen.size} ids.\n`,
    'rules.md': `Scored by ${version}.\n`,
    'sample_submission.csv': toCsv([[idColumn, ...targets], ...sample]),
    'holdout_labels.csv': toCsv([[idColumn, ...names], ...labels.rows.filter(isHeldOut).map(pick)]),
    'training_labels.csv': toCsv([labels.header, ...labels.rows.filter((row) => !isHeldOut(row))]),
  }
}

function readLabels(csv: Uint8Array, { metric, idColumn, image }: SplitOptions): Labels {
  const { records, fault } = readRecords(csv)
  if (fault !== null) throw new BundleError(fault)
  const [header = [], ...lines] = records
  const rows = lines.filter((row) => row.length > 1)
  const id = idColumn === undefined ? 0 : header.indexOf(idColumn)
  if (id < 0)
    throw new BundleError(`There is no column ${idColumn}; there are ${header.join(', ')}.`)
  if (rows.length === 0) throw new BundleError('There are no labels.')
  if (rows.some((row) => row.length !== header.length)) {
    throw new BundleError('A row has more or fewer cells than the header.')
  }
  if (metric !== undefined && METRIC_RULES[metric].layout === 'masks' && !image) {
    throw new BundleError(`${metric} needs the size of the images: --image 1024x1024.`)
  }
  const others = header.flatMap((_, at) => (at === id ? [] : [at]))
  const boxes = BOX_COLUMNS.map((name) => header.indexOf(name))
  return { header, rows, id, targets: boxes.every((at) => at >= 0) ? boxes : others }
}

function guessMetric({ header, rows, targets }: Labels): Metric {
  if (BOX_COLUMNS.every((name) => header.includes(name))) return 'map_iou'
  const [only = 0, ...others] = targets
  const cells = new Set(rows.map((row) => row[only] ?? ''))
  if (others.length === 0) {
    const numbers = [...cells].map(parseReal)
    const isWhole = numbers.every((value) => value === null || Number.isInteger(value))
    if (isWhole && cells.size <= LABELS_MAX) return 'accuracy'
    if (!numbers.includes(null)) return 'rmse'
  }
  throw new BundleError(`Name the metric, --metric: ${METRICS.join(', ')}.`)
}

/** In the order of the file. Of ids in the order of their labels, and by chance among equal ones, one in every so many. */
function chooseIds({ rows, id, targets }: Labels, { share, seed }: SplitOptions): Set<string> {
  const targetOf = new Map(
    rows.map((row) => [row[id] ?? '', targets.map((at) => row[at]).join('\0')]),
  )
  const groups = new Set(targetOf.values()).size
  const isGrouped = groups <= GROUPS_MAX && groups * 2 <= targetOf.size
  const hash = (name: string) => createHash('sha256').update(`${seed}\0${name}`).digest()
  const keys = [...targetOf].map(([name, target]) => {
    return { name, key: `${isGrouped ? target : ''}\0${hash(name).toString('hex')}` }
  })
  keys.sort((a, b) => (a.key < b.key ? -1 : 1))
  const offset = hash('').readUInt32BE() / 2 ** 32
  const upTo = (place: number) => Math.floor(place * share + offset)
  const chosen = new Set(keys.filter((_, at) => upTo(at + 1) > upTo(at)).map(({ name }) => name))
  if (chosen.size === 0 || chosen.size === targetOf.size) {
    throw new BundleError(`A share of ${share} of ${targetOf.size} ids leaves one part empty.`)
  }
  return new Set([...targetOf.keys()].filter((name) => chosen.has(name)))
}

/** Labels that are names get numbers in the order of the alphabet. */
function rangeOf({ rows, targets: [target = 0] }: Labels) {
  const cells = [...new Set(rows.map((row) => row[target] ?? ''))].sort()
  const numbers = cells.map(parseReal)
  if (numbers.includes(null)) {
    return { labels: { min: 0, max: cells.length - 1 }, label_names: cells }
  }
  const values = numbers as number[]
  return { labels: { min: Math.min(...values), max: Math.max(...values) } }
}

function sampleCell({ rows, targets: [target = 0] }: Labels, layout: string): string {
  if (layout === 'labels') return [...new Set(rows.map((row) => row[target] ?? ''))].sort()[0] ?? ''
  if (layout === 'masks' || layout === 'boxes') return ''
  return layout === 'probabilities' ? '0.5' : '0'
}

function toCsv(rows: string[][]): string {
  const quoted = (cell: string) =>
    /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  return rows.map((row) => `${row.map(quoted).join(',')}\n`).join('')
}
