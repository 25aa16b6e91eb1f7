import type { Box, BoxTable } from './spec.ts'

// 0.40 to 0.75 in steps of 0.05; as hundredths, so that each is the double nearest to what it says.
const THRESHOLDS = [40, 45, 50, 55, 60, 65, 70, 75].map((hundredths) => hundredths / 100)
const LOWEST_THRESHOLD = 0.4

/**
 * map_iou-v2: the mean, over the images that count, of the image's precision averaged over the thresholds.
 *
 * An image without true boxes counts 0 when anything is predicted on it and is left out when nothing is.
 * @throws Error when no image counts, which a checked holdout rules out
 */
export function mapIou(predicted: BoxTable, truth: BoxTable): number {
  if (predicted.images.length !== truth.images.length) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  let sum = 0
  let counted = 0
  truth.images.forEach((trueBoxes, index) => {
    const boxes = predicted.images[index] ?? []
    if (trueBoxes.length === 0 && boxes.length === 0) return
    counted += 1
    if (trueBoxes.length > 0 && boxes.length > 0) sum += imageScore(boxes, trueBoxes)
  })
  if (counted === 0) throw new Error('No image counts: the holdout has no boxes.')
  return sum / counted
}

/** Both lists are not empty. */
function imageScore(predicted: readonly Box[], truth: readonly Box[]): number {
  const candidates = findCandidates(predicted, truth)
  let sum = 0
  for (const threshold of THRESHOLDS) {
    const hits = countHits(candidates, truth.length, threshold)
    // TP + FP + FN, with FP = predicted − TP and FN = true − TP.
    sum += hits / (predicted.length + truth.length - hits)
  }
  return sum / THRESHOLDS.length
}

/**
 * The overlap with each true box, for the predictions that can match at all, in the order in which they choose: by confidence,
 * then by their order in the file (sorting is stable).
 */
function findCandidates(predicted: readonly Box[], truth: readonly Box[]): number[][] {
  return predicted
    .toSorted((a, b) => b.confidence - a.confidence)
    .map((box) => truth.map((trueBox) => overlap(box, trueBox)))
    .filter((overlaps) => overlaps.some((iou) => iou >= LOWEST_THRESHOLD))
}

/** Each candidate takes the true box that it overlaps most among those still free; of equal ones the first. */
function countHits(candidates: number[][], trueCount: number, threshold: number): number {
  const taken = new Uint8Array(trueCount)
  let hits = 0
  for (const overlaps of candidates) {
    let best = -1
    let bestOverlap = -1
    for (let index = 0; index < trueCount; index += 1) {
      const iou = overlaps[index] ?? 0
      if (taken[index] === 0 && iou >= threshold && iou > bestOverlap) {
        best = index
        bestOverlap = iou
      }
    }
    if (best >= 0) {
      taken[best] = 1
      hits += 1
    }
  }
  return hits
}

/** Intersection over union, in 0..1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const intersection = width * height
  const union = a.width * a.height + b.width * b.height - intersection
  // Rounding can make boxes that are tiny and far away overlap more than they cover.
  return union > 0 ? Math.min(1, intersection / union) : 0
}
