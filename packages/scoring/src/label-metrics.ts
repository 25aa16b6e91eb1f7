import type { LabelTable } from './spec.ts'

/** accuracy-v1: the share of ids whose label is the holdout's. */
export function accuracy(predicted: LabelTable, truth: LabelTable): number {
  const rows = countRows(predicted, truth)
  let matches = 0
  for (let index = 0; index < rows; index += 1) {
    if (predicted.labels[index] === truth.labels[index]) matches += 1
  }
  return matches / rows
}

/** balanced_accuracy-v1: of each label that the holdout has, the share of its ids that are right; the mean of these. */
export function balancedAccuracy(predicted: LabelTable, truth: LabelTable): number {
  const { hits, inTruth } = countClasses(predicted, truth)
  let sum = 0
  let classes = 0
  for (let label = 0; label < inTruth.length; label += 1) {
    const actual = inTruth[label] as number
    if (actual === 0) continue
    classes += 1
    sum += (hits[label] as number) / actual
  }
  return sum / classes
}

/** macro_f1-v1: the mean F1 of the labels that the holdout or the submission has. */
export function macroF1(predicted: LabelTable, truth: LabelTable): number {
  const { hits, inTruth, inPrediction } = countClasses(predicted, truth)
  let sum = 0
  let classes = 0
  for (let label = 0; label < inTruth.length; label += 1) {
    // TP + FN and TP + FP: together the denominator 2 TP + FP + FN.
    const both = (inTruth[label] as number) + (inPrediction[label] as number)
    if (both === 0) continue
    classes += 1
    sum += (2 * (hits[label] as number)) / both
  }
  return sum / classes
}

/**
 * quadratic_weighted_kappa-v1: 1 minus the mean squared distance of the labels over the one that chance would give. Chance's is the sum of
 * both variances and of the squared distance of the means, which needs no table of the labels.
 *
 * @throws Error when all labels of both are the same one, which a checked holdout rules out
 */
export function quadraticWeightedKappa(predicted: LabelTable, truth: LabelTable): number {
  const rows = countRows(predicted, truth)
  const [a, b] = [predicted.labels, truth.labels]
  let sumA = 0
  let sumB = 0
  for (let index = 0; index < rows; index += 1) {
    sumA += a[index] as number
    sumB += b[index] as number
  }
  const [meanA, meanB] = [sumA / rows, sumB / rows]
  let spread = rows * (meanA - meanB) * (meanA - meanB)
  let distance = 0
  for (let index = 0; index < rows; index += 1) {
    const labelA = a[index] as number
    const labelB = b[index] as number
    spread += (labelA - meanA) * (labelA - meanA) + (labelB - meanB) * (labelB - meanB)
    distance += (labelA - labelB) * (labelA - labelB)
  }
  if (spread === 0) throw new Error('All labels are the same one.')
  return 1 - distance / spread
}

function countRows(predicted: LabelTable, truth: LabelTable): number {
  const rows = truth.labels.length
  if (predicted.labels.length !== rows || rows === 0) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  return rows
}

/** How often each label is right, true and predicted, from the lowest that occurs: 12 bytes for each of at most 1,000,001 labels. */
function countClasses(predicted: LabelTable, truth: LabelTable) {
  const rows = countRows(predicted, truth)
  const [a, b] = [predicted.labels, truth.labels]
  let min = b[0] as number
  let max = min
  for (let index = 0; index < rows; index += 1) {
    const mine = a[index] as number
    const actual = b[index] as number
    if (mine < min) min = mine
    if (actual < min) min = actual
    if (mine > max) max = mine
    if (actual > max) max = actual
  }
  const hits = new Int32Array(max - min + 1)
  const inTruth = new Int32Array(max - min + 1)
  const inPrediction = new Int32Array(max - min + 1)
  for (let index = 0; index < rows; index += 1) {
    const mine = (a[index] as number) - min
    const actual = (b[index] as number) - min
    inPrediction[mine] = (inPrediction[mine] as number) + 1
    inTruth[actual] = (inTruth[actual] as number) + 1
    if (mine === actual) hits[actual] = (hits[actual] as number) + 1
  }
  return { hits, inTruth, inPrediction }
}
