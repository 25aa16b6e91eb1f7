import type { BoxSpec, LabelSpec } from '@medforge/scoring'
import type { Bundle } from '../bundle.ts'
import type { DemoRecipe } from '../bundle-manifest.ts'
import { createSeededRandom, type SeededRandom } from './random.ts'

/** Grows when the same seed would give other labels: then demo holdouts are made anew, under a new split version. */
export const DEMO_GENERATOR_VERSION = 1

/**
 * A `holdout_labels.csv` of the true shape with made-up labels: the same bytes for the same bundle and seed.
 *
 * The labels have the right balance and no relation to the real data, so scores on them only show that the platform works.
 */
export function generateDemoHoldout(
  bundle: Bundle,
  recipe: DemoRecipe,
  secretSeed: string,
): string {
  const random = createSeededRandom(
    secretSeed,
    `demo ${DEMO_GENERATOR_VERSION} ${bundle.manifest.slug}`,
  )
  const { spec, expected } = bundle
  if ('labels' in spec && recipe.kind === 'labels') {
    return labelRows(spec, expected.ids, recipe.weights, random)
  }
  if ('boxColumns' in spec && recipe.kind === 'boxes') {
    return boxRows(spec, expected.ids, recipe, random)
  }
  throw new Error(`${bundle.manifest.slug}: the demo recipe is of another metric.`)
}

function labelRows(
  spec: LabelSpec,
  ids: readonly string[],
  weights: readonly number[] | undefined,
  random: SeededRandom,
): string {
  const { min, max } = spec.labels
  const shares = weights ?? Array.from({ length: max - min + 1 }, () => 1)
  const labels = random.shuffle(apportion(shares, ids.length).map((place) => min + place))
  const rows = ids.map((id, index) => `${id},${labels[index]}\n`)
  return `${spec.idColumn},${spec.targetColumn}\n${rows.join('')}`
}

/** `count` places, each as often as its share says, rounded so that nothing is left over. */
function apportion(shares: readonly number[], count: number): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0)
  const places: number[] = []
  let cumulated = 0
  shares.forEach((share, place) => {
    cumulated += share
    const upTo = Math.round((cumulated / total) * count)
    while (places.length < upTo) places.push(place)
  })
  return places
}

// How many opacities an image with any has, and how large they are as a share of the image: near the public training set's figures.
const BOXES_PER_IMAGE = [1, 1, 1, 1, 2, 2, 2, 2, 2, 3]
const WIDTH = { min: 0.12, max: 0.32 }
const HEIGHT = { min: 0.14, max: 0.52 }

function boxRows(
  spec: BoxSpec,
  ids: readonly string[],
  recipe: { image_size: number; positive_share: number },
  random: SeededRandom,
): string {
  const { x, y, width, height } = spec.boxColumns
  const positives = Math.max(1, Math.round(ids.length * recipe.positive_share))
  const isPositive = random.shuffle(ids.map((_, index) => index < positives))
  const rows = ids.flatMap((id, index) => {
    if (!isPositive[index]) return [`${id},,,,\n`]
    const count = BOXES_PER_IMAGE[random.between(0, BOXES_PER_IMAGE.length - 1)] ?? 1
    const firstSide = random.between(0, 1)
    return Array.from({ length: count }, (_, nth) => {
      const box = randomBox(recipe.image_size, (firstSide + nth) % 2, random)
      return `${id},${box.join(',')}\n`
    })
  })
  return `${[spec.idColumn, x, y, width, height].join(',')}\n${rows.join('')}`
}

/** Whole pixels inside one half of the image: 0 the left lung, 1 the right. */
function randomBox(size: number, side: number, random: SeededRandom): number[] {
  const scaled = (range: { min: number; max: number }) =>
    random.between(Math.ceil(size * range.min), Math.floor(size * range.max))
  const [width, height] = [scaled(WIDTH), scaled(HEIGHT)]
  const half = Math.floor(size / 2)
  const left = side * half + random.between(0, half - width)
  const top = random.between(Math.floor(size * 0.1), size - height)
  return [left, top, width, height]
}
