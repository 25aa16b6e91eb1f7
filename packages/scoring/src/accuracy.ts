import type { LabelTable } from './spec.ts'

/** accuracy-v1: the share of ids whose label is the holdout's. */
export function accuracy(predicted: LabelTable, truth: LabelTable): number {
  const rows = truth.labels.length
  if (predicted.labels.length !== rows || rows === 0) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  let matches = 0
  for (let index = 0; index < rows; index += 1) {
    if (predicted.labels[index] === truth.labels[index]) matches += 1
  }
  return matches / rows
}
