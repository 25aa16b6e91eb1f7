import type { NumberTable } from './spec.ts'

/** rmse-v1: the root of the mean squared error. */
export function rmse(predicted: NumberTable, truth: NumberTable): number {
  const [values, actual] = columnsOf(predicted, truth)
  return Math.sqrt(sumSquaredErrors(values, actual) / actual.length)
}

/** mae-v1: the mean absolute error. */
export function mae(predicted: NumberTable, truth: NumberTable): number {
  const [values, actual] = columnsOf(predicted, truth)
  let sum = 0
  for (let index = 0; index < actual.length; index += 1) {
    sum += Math.abs((values[index] as number) - (actual[index] as number))
  }
  return sum / actual.length
}

/** r2-v1: 1 minus the squared errors over those of the holdout's mean. @throws Error when all true values are the same */
export function r2(predicted: NumberTable, truth: NumberTable): number {
  const [values, actual] = columnsOf(predicted, truth)
  const spread = spreadOf(actual)
  if (spread === 0) throw new Error('All values of the holdout are the same.')
  return 1 - sumSquaredErrors(values, actual) / spread
}

/** The sum of the squared distances from the mean. */
export function spreadOf(values: Float64Array): number {
  let sum = 0
  for (let index = 0; index < values.length; index += 1) sum += values[index] as number
  const mean = sum / values.length
  let spread = 0
  for (let index = 0; index < values.length; index += 1) {
    const distance = (values[index] as number) - mean
    spread += distance * distance
  }
  return spread
}

function sumSquaredErrors(values: Float64Array, actual: Float64Array): number {
  let sum = 0
  for (let index = 0; index < actual.length; index += 1) {
    const error = (values[index] as number) - (actual[index] as number)
    sum += error * error
  }
  return sum
}

function columnsOf(predicted: NumberTable, truth: NumberTable): [Float64Array, Float64Array] {
  const [values, actual] = [predicted.columns[0], truth.columns[0]]
  if (!values || !actual || actual.length === 0 || values.length !== actual.length) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  return [values, actual]
}
