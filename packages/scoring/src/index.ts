/**
 * Reads prediction files, finds every fault in them, and scores them. Pure and safe in a browser: no I/O, no clock, no chance.
 * Knows no competition: what the columns mean comes from a bundle. The rules are docs/competitions.md.
 */

export { makeBaseline } from './baselines.ts'
export { caseValues, hasCaseValues } from './case-values.ts'
export {
  type Checker,
  type CheckOptions,
  type CheckResult,
  checkHoldout,
  checkSubmission,
  createChecker,
} from './checker.ts'
export { readColumn, readRecords } from './column.ts'
export { FAULTS_SHOWN_MAX, type Fault, type FaultKind } from './faults.ts'
export { findUnscorable } from './holdout-rules.ts'
export { type InferOptions, inferSpec } from './infer-spec.ts'
export { parseReal } from './numbers.ts'
export { type OwnScore, scoreOwnLabels } from './own-labels.ts'
export { withoutBlanks } from './remedies.ts'
export { SCORER_VERSION, type ScoreResult, score } from './score.ts'
export { shapeOf, specOfShape } from './shape.ts'
export {
  type Accepted,
  type Box,
  type BoxColumns,
  type BoxSpec,
  type BoxTable,
  type ExpectedIds,
  expectIds,
  isMetricOf,
  type LabelSpec,
  type LabelTable,
  type Layout,
  type MaskSpec,
  type MaskTable,
  METRIC_RULES,
  meaningOf,
  type NumberSpec,
  type NumberTable,
  type SubmissionSpec,
  type Table,
} from './spec.ts'
export { isTied, measureUncertainty, type Uncertainty } from './uncertainty.ts'
