import type { NumberTable } from './spec.ts'

/** auroc-v1: of all pairs of a true and a false id, the share in which the true one has the higher probability, half for equal ones. */
export function auroc(predicted: NumberTable, truth: NumberTable): number {
  return meanOfColumns(predicted, truth, ({ trueOnes, falseOnes }) => {
    // Half pairs, so that all of it is counted in whole numbers.
    let halves = 0
    let below = 0
    let upTo = 0
    for (const value of trueOnes) {
      while (below < falseOnes.length && (falseOnes[below] as number) < value) below += 1
      if (upTo < below) upTo = below
      while (upTo < falseOnes.length && falseOnes[upTo] === value) upTo += 1
      halves += below + upTo
    }
    return halves / (2 * trueOnes.length * falseOnes.length)
  })
}

/** average_precision-v1: the precision at each probability that occurs, from the highest, weighted by the recall that it adds. */
export function averagePrecision(predicted: NumberTable, truth: NumberTable): number {
  return meanOfColumns(predicted, truth, ({ trueOnes, falseOnes }) => {
    let sum = 0
    // Before each of these places stand the ones that are not counted yet.
    let leftTrue = trueOnes.length
    let leftFalse = falseOnes.length
    while (leftTrue > 0) {
      const threshold = trueOnes[leftTrue - 1] as number
      let added = 0
      while (leftTrue > 0 && trueOnes[leftTrue - 1] === threshold) {
        leftTrue -= 1
        added += 1
      }
      while (leftFalse > 0 && (falseOnes[leftFalse - 1] as number) >= threshold) leftFalse -= 1
      const hits = trueOnes.length - leftTrue
      sum += added * (hits / (hits + falseOnes.length - leftFalse))
    }
    return sum / trueOnes.length
  })
}

// Nobody loses more than 34.5 on one id, however sure of what is wrong.
const PROBABILITY_MIN = 1e-15
const PROBABILITY_MAX = 1 - 1e-15

/** log_loss-v1: the mean of −ln of the probability that was given to what is true; of several columns, each row is made to sum to 1 first. */
export function logLoss(predicted: NumberTable, truth: NumberTable): number {
  const rows = countRows(predicted, truth)
  const [only, ...others] = predicted.columns
  const [actual] = truth.columns
  let sum = 0
  if (only && actual && others.length === 0) {
    for (let index = 0; index < rows; index += 1) {
      const probability = clip(only[index] as number)
      sum -= Math.log(actual[index] === 1 ? probability : 1 - probability)
    }
    return sum / rows
  }
  for (let index = 0; index < rows; index += 1) {
    let total = 0
    let ofTrue = 0
    for (let column = 0; column < predicted.columns.length; column += 1) {
      const probability = clip(predicted.columns[column]?.[index] as number)
      total += probability
      if (truth.columns[column]?.[index] === 1) ofTrue = probability
    }
    sum -= Math.log(ofTrue / total)
  }
  return sum / rows
}

function clip(probability: number): number {
  return Math.min(PROBABILITY_MAX, Math.max(PROBABILITY_MIN, probability))
}

type Ranked = { trueOnes: Float64Array; falseOnes: Float64Array }

/** Holds the probabilities of one column at a time, ascending: 8 bytes an id. */
function meanOfColumns(
  predicted: NumberTable,
  truth: NumberTable,
  metric: (ranked: Ranked) => number,
): number {
  const rows = countRows(predicted, truth)
  let sum = 0
  truth.columns.forEach((actual, column) => {
    const values = predicted.columns[column] as Float64Array
    const sorted = new Float64Array(rows)
    let trueCount = 0
    let falseCount = 0
    for (let index = 0; index < rows; index += 1) {
      const value = values[index] as number
      if (actual[index] === 1) sorted[trueCount++] = value
      else sorted[rows - ++falseCount] = value
    }
    // Sorting numbers without a comparison of our own is several times as fast.
    const trueOnes = sorted.subarray(0, trueCount).sort()
    sum += metric({ trueOnes, falseOnes: sorted.subarray(trueCount).sort() })
  })
  return sum / truth.columns.length
}

function countRows(predicted: NumberTable, truth: NumberTable): number {
  const rows = truth.columns[0]?.length ?? 0
  if (rows === 0 || predicted.columns[0]?.length !== rows) {
    throw new Error('Prediction and holdout do not have the same ids.')
  }
  if (predicted.columns.length !== truth.columns.length) {
    throw new Error('Prediction and holdout do not have the same columns.')
  }
  return rows
}
