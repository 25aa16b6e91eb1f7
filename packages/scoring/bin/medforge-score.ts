import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Metric } from '@medforge/contracts'
import {
  type InferOptions,
  inferSpec,
  METRIC_RULES,
  SCORER_VERSION,
  scoreOwnLabels,
} from '../src/index.ts'

const USAGE = `medforge-score --metric METRIC LABELS.csv PREDICTIONS.csv...

Scores predictions against labels of your own, exactly as a competition with this metric would, and prints a line for
each file of predictions: its score and its name. Nothing leaves this session.

  --metric METRIC     ${Object.keys(METRIC_RULES).join(', ')}
  --id-column NAME    the first column of the labels by default
  --image WxH         pixels of the images, for masks

The labels are an id and its targets, the predictions the same columns; boxes have a confidence besides, and a risk
stands in place of a time and an event.
`

/** What somebody got wrong, in a sentence for them. */
class Mistake extends Error {}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  const isTheirs = error instanceof Mistake || isArgumentError(error)
  if (!isTheirs) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

/** @returns 0, or 1 where a file cannot be scored */
function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      metric: { type: 'string' },
      'id-column': { type: 'string' },
      image: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const [labelsFile, ...files] = positionals
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (labelsFile === undefined || files.length === 0) {
    throw new Mistake('Name a file of labels and at least one of predictions.')
  }
  const options: InferOptions = { metric: readMetric(values.metric) }
  if (values['id-column'] !== undefined) options.idColumn = values['id-column']
  if (values.image !== undefined) options.image = readSize(values.image)
  const labels = read(labelsFile)
  const outcomes = files.map((file) => scoreFile(labelsFile, labels, file, options))
  return outcomes.every(Boolean) ? 0 : 1
}

function scoreFile(
  labelsFile: string,
  labels: Uint8Array,
  file: string,
  options: InferOptions,
): boolean {
  const predictions = read(file)
  const spec = inferSpec(labels, predictions, options)
  if (typeof spec === 'string') throw new Mistake(spec)
  const scored = scoreOwnLabels(spec, labels, predictions)
  if (scored.ok) {
    process.stdout.write(`${scored.score}  ${file}\n`)
    return true
  }
  const faulty = scored.file === 'labels' ? labelsFile : file
  for (const { message } of scored.faults) process.stderr.write(`${faulty}: ${message}\n`)
  return false
}

function readMetric(name = ''): Metric {
  const isMetric = (one: string): one is Metric => Object.hasOwn(METRIC_RULES, one)
  if (isMetric(name)) return name
  throw new Mistake(name === '' ? 'Name the metric.' : `${SCORER_VERSION} has no metric ${name}.`)
}

function readSize(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []
  if (width && height) return { width: Number(width), height: Number(height) }
  throw new Mistake(`--image ${text} is no size.`)
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Mistake(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

function isArgumentError(error: unknown): error is Error {
  const { code } = error as NodeJS.ErrnoException
  return error instanceof Error && code !== undefined && code.startsWith('ERR_PARSE_ARGS')
}
