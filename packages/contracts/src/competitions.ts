import { type Static, Type } from 'typebox'
import { CompetitionSlug, Id, literals, nullable, Timestamp, UUID_PATTERN } from './primitives.ts'

export const SCORE_STATUSES = ['queued', 'scoring', 'scored', 'failed'] as const
export type ScoreStatus = (typeof SCORE_STATUSES)[number]

const LABEL_METRICS = [
  'accuracy',
  'balanced_accuracy',
  'macro_f1',
  'quadratic_weighted_kappa',
] as const
const NUMBER_METRICS = [
  'auroc',
  'average_precision',
  'log_loss',
  'rmse',
  'mae',
  'r2',
  'concordance_index',
] as const
const MASK_METRICS = ['dice', 'iou'] as const
export const METRICS = ['map_iou', ...LABEL_METRICS, ...NUMBER_METRICS, ...MASK_METRICS] as const
export type Metric = (typeof METRICS)[number]

/** What chance would submit; an organiser may put it on the board. */
export const BASELINES = ['random', 'majority'] as const
export type Baseline = (typeof BASELINES)[number]

export const COMPETITION_STATUSES = ['active', 'inactive'] as const

/** Of one file, unless the operator sets `SUBMISSION_UPLOAD_MAX_BYTES`. */
export const UPLOAD_MAX_BYTES_DEFAULT = 10 * 1024 ** 2
/** What an operator may set it to: a larger file at the slowest pace would take longer than Caddy waits for a body. */
export const UPLOAD_MAX_BYTES_RANGE = { min: 1024, max: 28 * 1024 ** 2 }

export const CompetitionSummary = Type.Object({
  slug: Type.String(),
  title: Type.String(),
  competition_tier: literals(['public', 'private']),
  metric: literals(METRICS),
  metric_version: Type.String(),
  scoring_mode: Type.Literal('single_realtime_hidden'),
  leaderboard_rule: Type.Literal('best_per_user'),
  evaluation_policy: Type.Literal('canonical_test_first'),
  competition_spec_version: Type.String(),
  is_permanent: Type.Boolean(),
  submission_cap_per_day: Type.Integer(),
  entrants: Type.Integer({ description: 'Everybody on its leaderboard.' }),
})
export type CompetitionSummary = Static<typeof CompetitionSummary>

const AcceptedShape = Type.Optional(
  Type.Object(
    {
      column_aliases: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
      label_names: Type.Optional(Type.Array(Type.String())),
      prediction_string_column: Type.Optional(Type.String()),
    },
    { description: 'How else a file may say the same.' },
  ),
)

/** What a submission has to look like, so that it can be checked before it is sent. */
export const SubmissionShape = Type.Union([
  Type.Object({
    metric: literals(LABEL_METRICS),
    id_column: Type.String(),
    accepts: AcceptedShape,
    target_column: Type.String(),
    label_min: Type.Integer(),
    label_max: Type.Integer(),
  }),
  Type.Object({
    metric: Type.Literal('map_iou'),
    id_column: Type.String(),
    accepts: AcceptedShape,
    box_columns: Type.Object({
      confidence: Type.String(),
      x: Type.String(),
      y: Type.String(),
      width: Type.String(),
      height: Type.String(),
    }),
  }),
  Type.Object({
    metric: literals(NUMBER_METRICS),
    id_column: Type.String(),
    accepts: AcceptedShape,
    target_columns: Type.Array(Type.String()),
  }),
  Type.Object({
    metric: literals(MASK_METRICS),
    id_column: Type.String(),
    accepts: AcceptedShape,
    target_column: Type.String(),
    image_width: Type.Integer({ description: 'Pixels.' }),
    image_height: Type.Integer(),
  }),
])
export type SubmissionShape = Static<typeof SubmissionShape>

export const CompetitionDetail = Type.Object({
  ...CompetitionSummary.properties,
  description: Type.String(),
  status: literals(COMPETITION_STATUSES),
  dataset_slug: Type.String(),
  dataset_title: Type.String(),
  higher_is_better: Type.Boolean(),
  holdout: Type.Object({
    kind: literals(['demo', 'operator']),
    version: Type.String(),
    rows: Type.Integer(),
  }),
  made_up: Type.Array(literals(['labels', 'ids']), {
    description:
      'What of a demo has no relation to the real data; empty with an operator’s holdout.',
  }),
  rules: Type.String({ description: 'Markdown.' }),
  notice: nullable(
    Type.Object(
      { text: Type.String(), at: Timestamp },
      {
        description:
          'What the organiser says about the last time that everything was scored again.',
      },
    ),
  ),
  sample_submission_url: Type.String(),
  submission_spec: nullable(SubmissionShape),
})
export type CompetitionDetail = Static<typeof CompetitionDetail>

export const DatasetSummary = Type.Object({
  slug: Type.String(),
  title: Type.String(),
  source: Type.String(),
})
export type DatasetSummary = Static<typeof DatasetSummary>

export const DatasetDetail = Type.Object({
  ...DatasetSummary.properties,
  license: Type.String(),
  bytes: Type.Integer(),
  checksum: Type.String(),
  storage_path: Type.String({ description: 'Relative to the data set root; never a host path.' }),
})
export type DatasetDetail = Static<typeof DatasetDetail>

export const OfficialScore = Type.Object({
  id: Id,
  primary_score: Type.Number(),
  score_components: Type.Record(Type.String(), Type.Number()),
  scorer_version: Type.String(),
  metric_version: Type.String(),
  evaluation_split_version: Type.String(),
  manifest_sha256: Type.String(),
  created_at: Timestamp,
})
export type OfficialScore = Static<typeof OfficialScore>

export const Submission = Type.Object({
  id: Id,
  competition_slug: Type.String(),
  user_id: Id,
  filename: Type.String(),
  score_status: literals(SCORE_STATUSES),
  score_error: nullable(Type.String()),
  created_at: Timestamp,
  scored_at: nullable(Timestamp),
  official_score: nullable(OfficialScore),
  exclusion: nullable(
    Type.Object(
      { reason: Type.String(), at: Timestamp },
      { description: 'An administrator took it off the leaderboard, and why.' },
    ),
  ),
})
export type Submission = Static<typeof Submission>

/** Characters of a submission's note. */
export const NOTE_MAX = 500

/** A submission as its owner sees it. */
export const OwnSubmission = Type.Object({
  ...Submission.properties,
  note: nullable(Type.String({ description: "The owner's own words; nobody else reads them." })),
})
export type OwnSubmission = Static<typeof OwnSubmission>

export const SubmissionChange = Type.Object({
  note: nullable(
    Type.String({ maxLength: NOTE_MAX, description: 'One line. Null or blank takes it away.' }),
  ),
})
export type SubmissionChange = Static<typeof SubmissionChange>

/** What is left of the day's submissions, by the server's own count. */
export const SubmissionAllowance = Type.Object({
  daily_cap: Type.Integer(),
  remaining_today: Type.Integer(),
  resets_at: Timestamp,
})
export type SubmissionAllowance = Static<typeof SubmissionAllowance>

export const SubmissionAccepted = Type.Object({
  submission: OwnSubmission,
  ...SubmissionAllowance.properties,
})
export type SubmissionAccepted = Static<typeof SubmissionAccepted>

/** What a board says of a score beside its value. */
const BoardScore = {
  primary_score: Type.Number(),
  secondary_scores: Type.Record(Type.String(), Type.Number(), {
    description: 'By metric, those of `secondary_metrics`; one without a value is missing.',
  }),
  standard_error: nullable(
    Type.Number({ description: 'Null until it is computed, and where it cannot be.' }),
  ),
  interval: nullable(
    Type.Object(
      { low: Type.Number(), high: Type.Number() },
      { description: 'Of 95 %: how far the score would move on other cases of the same kind.' },
    ),
  ),
}

export const LeaderboardEntry = Type.Object({
  rank: Type.Integer(),
  user_id: Id,
  display_name: Type.String(),
  best_submission_id: Id,
  best_score_id: Id,
  ...BoardScore,
  tied_with_first: nullable(
    Type.Boolean({
      description:
        'Whether the first entry is better by no more than chance explains, compared once a day; null until then.',
    }),
  ),
  metric_version: Type.String(),
  evaluation_split_version: Type.String(),
  scored_at: Timestamp,
  entries: Type.Integer({ description: "This person's scored submissions on the current split." }),
})
export type LeaderboardEntry = Static<typeof LeaderboardEntry>

export const ReferenceEntry = Type.Object({ name: Type.String(), ...BoardScore })
export type ReferenceEntry = Static<typeof ReferenceEntry>

export const Leaderboard = Type.Object({
  competition_slug: Type.String(),
  secondary_metrics: Type.Array(literals(METRICS), {
    description: 'Shown beside the score; they decide no rank.',
  }),
  reference_entries: Type.Array(ReferenceEntry, {
    description:
      'Baselines of the organiser, without rank and not counted; the same on every page.',
  }),
  entries: Type.Array(LeaderboardEntry),
})
export type Leaderboard = Static<typeof Leaderboard>

export const CompetitionSlugParams = Type.Object({ slug: CompetitionSlug })
export type CompetitionSlugParams = Static<typeof CompetitionSlugParams>

export const SubmissionIdParams = Type.Object({
  submission_id: Type.String({ pattern: UUID_PATTERN }),
})
export type SubmissionIdParams = Static<typeof SubmissionIdParams>

export const SubmissionParams = Type.Object({
  ...CompetitionSlugParams.properties,
  ...SubmissionIdParams.properties,
})
