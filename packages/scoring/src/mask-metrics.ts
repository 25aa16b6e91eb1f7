import type { MaskTable } from './spec.ts'

/** dice-v1: of each image, twice the shared pixels over those of both masks, 1 where both are empty; the mean of these. */
export function dice(predicted: MaskTable, truth: MaskTable): number {
  return meanOfImages(predicted, truth, (shared, both) => (2 * shared) / both)
}

/** iou-v1: of each image, the shared pixels over those of either mask, 1 where both are empty; the mean of these. */
export function iou(predicted: MaskTable, truth: MaskTable): number {
  return meanOfImages(predicted, truth, (shared, both) => shared / (both - shared))
}

/** Counts by runs and never by pixels. `both` is the sum of the two masks' pixels. */
function meanOfImages(
  predicted: MaskTable,
  truth: MaskTable,
  valueFor: (shared: number, both: number) => number,
): number {
  const images = truth.bounds.length / 2
  if (images === 0 || predicted.bounds.length !== truth.bounds.length) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  let sum = 0
  for (let image = 0; image < images; image += 1) {
    const both = countPixels(predicted, image) + countPixels(truth, image)
    sum += both === 0 ? 1 : valueFor(countShared(predicted, truth, image), both)
  }
  return sum / images
}

function countPixels({ runs, bounds }: MaskTable, image: number): number {
  let pixels = 0
  const to = bounds[2 * image + 1] as number
  for (let at = bounds[2 * image] as number; at < to; at += 2) {
    pixels += (runs[at + 1] as number) - (runs[at] as number)
  }
  return pixels
}

function countShared(one: MaskTable, other: MaskTable, image: number): number {
  let a = one.bounds[2 * image] as number
  let b = other.bounds[2 * image] as number
  const [toA, toB] = [one.bounds[2 * image + 1] as number, other.bounds[2 * image + 1] as number]
  let shared = 0
  while (a < toA && b < toB) {
    const [endA, endB] = [one.runs[a + 1] as number, other.runs[b + 1] as number]
    const from = Math.max(one.runs[a] as number, other.runs[b] as number)
    shared += Math.max(0, Math.min(endA, endB) - from)
    if (endA <= endB) a += 2
    if (endB <= endA) b += 2
  }
  return shared
}
