import type { ScoreResult } from '@medforge/scoring'

/** One submission with everything that its score depends on. Plain data: it travels to a thread. */
export type ScoringJob = {
  submissionId: string
  storedName: string
  sizeBytes: number
  /** Hex, of the file. */
  sha256: string
  competitionSlug: string
  /** Names the public part; null: the one that comes with MedForge. */
  bundleVersion: string | null
  metricVersion: string
  evaluationSplitVersion: string
  manifestSha256: string
}

export type ScoringOutcome =
  /** The fingerprint is of the file alone; see `probing.ts`. */
  | { kind: 'scored'; result: ScoreResult; fingerprint?: Uint8Array }
  /** The operator's data is missing or inconsistent: not this submission's fault, and no attempt of it. */
  | { kind: 'holdout_unavailable'; reason: string }
  /** The file was accepted once and does not pass the checks of today. Trying again cannot help. */
  | { kind: 'invalid'; reason: string }
  /** Anything else; another attempt may go better. */
  | { kind: 'fault'; reason: string }
  /** The scorer was closed meanwhile. */
  | { kind: 'interrupted' }

/** Where submissions are scored. One job at a time. */
export interface Scorer {
  /** Never rejects, and ends within the scorer's time limit. */
  score(job: ScoringJob): Promise<ScoringOutcome>
  close(): Promise<void>
}
