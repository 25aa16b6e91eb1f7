import type { ScoreResult, Uncertainty } from '@medforge/scoring'

/** What a score is computed against. */
export type ScoringTarget = {
  competitionSlug: string
  /** Names the public part; null: the one that comes with MedForge. */
  bundleVersion: string | null
  metricVersion: string
  evaluationSplitVersion: string
  manifestSha256: string
}

export type StoredFile = {
  storedName: string
  sizeBytes: number
  /** Hex, of the file. */
  sha256: string
}

/** One submission with everything that its score depends on. Plain data: it travels to a thread. */
export type ScoringJob = ScoringTarget & StoredFile & { submissionId: string }

/** Why nothing was computed. */
export type ScoringFailure =
  /** The operator's data is missing or inconsistent: not this submission's fault, and no attempt of it. */
  | { kind: 'holdout_unavailable'; reason: string }
  /** The file was accepted once and does not pass the checks of today. Trying again cannot help. */
  | { kind: 'invalid'; reason: string }
  /** Anything else; another attempt may go better. */
  | { kind: 'fault'; reason: string }
  /** The scorer was closed meanwhile. */
  | { kind: 'interrupted' }

export type ScoringOutcome =
  /** The fingerprint is of the file alone; see `probing.ts`. */
  { kind: 'scored'; result: ScoreResult; fingerprint?: Uint8Array } | ScoringFailure

/** Where submissions are scored. One job at a time. */
export interface Scorer {
  /** Never rejects, and ends within the scorer's time limit. */
  score(job: ScoringJob): Promise<ScoringOutcome>
  close(): Promise<void>
}

/** What a board shows beside the scores: of one submission, of a baseline of the manifest, or of two submissions together. */
export type BoardJob = ScoringTarget &
  (
    | { ask: 'uncertainty'; file: StoredFile }
    | { ask: 'reference'; source: string }
    | { ask: 'tie'; file: StoredFile; first: StoredFile }
  )

export type BoardOutcome =
  | { kind: 'measured'; result: ScoreResult; uncertainty: Uncertainty | null }
  | { kind: 'compared'; isTied: boolean | null }
  | ScoringFailure

/** Where that is computed. One job at a time. */
export interface BoardComputer {
  /** Never rejects, and ends within its time limit. */
  compute(job: BoardJob): Promise<BoardOutcome>
  close(): Promise<void>
}
