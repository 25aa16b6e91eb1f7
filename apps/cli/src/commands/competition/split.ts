import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import {
  BundleError,
  type SplitFiles,
  type SplitOptions,
  splitLabels,
} from '@medforge/competitions'
import { METRICS, type Metric } from '@medforge/contracts'
import { Failure } from '../../failure.ts'
import { printJson } from '../../terminal/output.ts'
import { requireValid } from './validate.ts'

export type SplitCommandOptions = {
  share: string
  seed: string
  slug?: string
  metric?: string
  idColumn?: string
  image?: string
  to?: string
  json?: boolean
}

/** Writes a bundle with its holdout and the list for training into a folder that does not exist yet. */
export async function splitCompetition(file: string, options: SplitCommandOptions): Promise<void> {
  const slug = options.slug ?? slugOf(file)
  const folder = resolve(options.to ?? slug)
  const csv = await readFile(file).catch((cause) => {
    throw new Failure(`${file} cannot be read.`, 'Name a file of labels.', { cause })
  })
  const files = split(csv, readOptions(slug, options))
  await mkdir(folder).catch((cause) => {
    throw new Failure(`${folder} cannot be made.`, 'Name a folder that does not exist yet, --to.', {
      cause,
    })
  })
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await requireValid(folder)
  } catch (error) {
    await rm(folder, { recursive: true })
    throw error
  }
  const { metric_version, expected_rows } = JSON.parse(files['manifest.json'] ?? '')
  if (options.json) {
    printJson({ slug, folder, metric_version, expected_rows })
    return
  }
  process.stdout.write(
    `${folder}: ${metric_version}, ${expected_rows} ids in the holdout; training_labels.csv has the others.\n` +
      `Put your words into overview.md, rules.md and manifest.json, then: ./medforge competition import ${folder}\n`,
  )
}

function split(csv: Uint8Array, options: SplitOptions): SplitFiles {
  try {
    return splitLabels(csv, options)
  } catch (error) {
    if (!(error instanceof BundleError)) throw error
    throw new Failure(error.message, 'Nothing was written.', { cause: error })
  }
}

/** @throws Failure naming the option that is wrong */
export function readOptions(slug: string, options: SplitCommandOptions): SplitOptions {
  const { metric, idColumn, image, seed } = options
  const share = Number(options.share)
  if (!(share > 0 && share < 1)) {
    throw new Failure(`--share ${options.share} is no share.`, 'Name one like 0.2.')
  }
  const isMetric = (name: string): name is Metric => (METRICS as readonly string[]).includes(name)
  if (metric !== undefined && !isMetric(metric)) {
    throw new Failure(`There is no metric ${metric}.`, `There are ${METRICS.join(', ')}.`)
  }
  const size = image === undefined ? null : /^(\d{1,5})x(\d{1,5})$/.exec(image)
  if (image !== undefined && !size) {
    throw new Failure(`--image ${image} is no size.`, 'Name one like 1024x1024.')
  }
  return {
    slug,
    share,
    seed,
    ...(metric === undefined ? {} : { metric }),
    ...(idColumn === undefined ? {} : { idColumn }),
    ...(size ? { image: { width: Number(size[1]), height: Number(size[2]) } } : {}),
  }
}

function slugOf(file: string): string {
  const name = basename(file).replace(/\.[^.]*$/, '')
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
