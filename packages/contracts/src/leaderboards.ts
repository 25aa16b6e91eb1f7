import { type Static, Type } from 'typebox'
import { LeaderboardEntry, Submission, SubmissionAllowance } from './competitions.ts'
import {
  CompetitionSlug,
  Id,
  ListQuery,
  literals,
  nullable,
  Timestamp,
  UUID_PATTERN,
} from './primitives.ts'

/** A file that differs from an earlier one of the same person in no more ids than this is flagged: its score tells about single labels. */
export const PROBING_ROWS_MAX = 3

/** What goes beyond a page of a leaderboard. */

export const BestOverTime = Type.Array(
  Type.Object({ at: Timestamp, primary_score: Type.Number() }),
  {
    description:
      'Each score that was the best so far, with the time at which it was scored, oldest first. The latest of them where there are very many.',
  },
)
export type BestOverTime = Static<typeof BestOverTime>

export const LeaderboardStanding = Type.Object({
  competition_slug: Type.String(),
  entry: nullable(LeaderboardEntry),
  people: Type.Integer({ description: 'Everybody on the board.' }),
  best_over_time: BestOverTime,
})
export type LeaderboardStanding = Static<typeof LeaderboardStanding>

export const SERIES_PEOPLE_MAX = 10

export const LeaderboardSeriesQuery = Type.Object({
  top: Type.Optional(
    Type.String({
      pattern: '^([1-9]|10)$',
      description: `How many of the best, 1 to ${SERIES_PEOPLE_MAX}; 5 when absent.`,
    }),
  ),
})
export type LeaderboardSeriesQuery = Static<typeof LeaderboardSeriesQuery>

export const LeaderboardSeries = Type.Object({
  competition_slug: Type.String(),
  people: Type.Array(
    Type.Object({
      rank: Type.Integer(),
      user_id: Id,
      display_name: Type.String(),
      best_over_time: BestOverTime,
    }),
  ),
})
export type LeaderboardSeries = Static<typeof LeaderboardSeries>

export const SubmissionCheck = Type.Object({
  filename: Type.String(),
  size_bytes: Type.Integer(),
  ...SubmissionAllowance.properties,
})
export type SubmissionCheck = Static<typeof SubmissionCheck>

export const ExcludeRequest = Type.Object({
  reason: Type.String({
    minLength: 3,
    maxLength: 500,
    pattern: '\\S',
    description: 'Told to the person.',
  }),
})
export type ExcludeRequest = Static<typeof ExcludeRequest>

export const AdminSubmission = Type.Object({
  ...Submission.properties,
  email: Type.String(),
  display_name: Type.String(),
  size_bytes: Type.Integer(),
  sha256: Type.String(),
  attempts: Type.Integer(),
  counts_against_cap: Type.Boolean(),
  score_error_internal: nullable(Type.String()),
  blocked_reason: nullable(
    Type.String({ description: 'Why it waits in the queue without being tried.' }),
  ),
})
export type AdminSubmission = Static<typeof AdminSubmission>

export const AdminSubmissionQuery = Type.Object({
  ...ListQuery.properties,
  competition: Type.Optional(CompetitionSlug),
  user: Type.Optional(Type.String({ pattern: UUID_PATTERN, description: 'Id of a person.' })),
  status: Type.Optional(literals(['queued', 'scoring', 'scored', 'failed', 'excluded'])),
  q: Type.Optional(
    Type.String({
      maxLength: 320,
      description: "Id of a submission, or part of the person's e-mail address or display name.",
    }),
  ),
})
export type AdminSubmissionQuery = Static<typeof AdminSubmissionQuery>

export const ProbingReport = Type.Object({
  competition_slug: Type.String(),
  near_rows_max: Type.Integer({ description: 'A file that differs in more ids is not flagged.' }),
  people: Type.Array(
    Type.Object({
      user_id: Id,
      email: Type.String(),
      display_name: Type.String(),
      flagged: Type.Integer({ description: 'Files that differ in a few ids from an earlier one.' }),
      longest_chain: Type.Integer(),
      changed_rows: Type.Integer({
        description: 'Of all flagged files together: as many labels can be known at most.',
      }),
      last_at: Timestamp,
    }),
  ),
  shared_files: Type.Array(
    Type.Object({
      sha256: Type.String(),
      accounts: Type.Integer({ description: 'Everybody who sent it, shown here or not.' }),
      people: Type.Array(Type.Object({ user_id: Id, email: Type.String() }), {
        description: 'The first by e-mail address.',
      }),
    }),
    {
      description:
        'The same bytes from several accounts, most accounts first; the sample submission is among them. The same on every page.',
    },
  ),
  shared_files_total: Type.Integer({ description: 'How many there are, shown here or not.' }),
})
export type ProbingReport = Static<typeof ProbingReport>

export const RESCORE_NOTE_MAX = 1000

export const RescoreSwitch = Type.Object({
  note: Type.Optional(
    Type.String({
      minLength: 3,
      maxLength: RESCORE_NOTE_MAX,
      pattern: '\\S',
      description: 'Told to everybody on the leaderboard, in place of the usual sentence.',
    }),
  ),
})
export type RescoreSwitch = Static<typeof RescoreSwitch>

const RankChange = Type.Object({
  user_id: Id,
  display_name: Type.String(),
  rank_before: nullable(Type.Integer()),
  rank_after: nullable(Type.Integer()),
  score_before: nullable(Type.Number()),
  score_after: nullable(Type.Number()),
})

/** People in the difference of a re-score. */
export const RESCORE_MOVES_MAX = 200

export const Rescore = Type.Object({
  run: nullable(
    Type.Object({
      /** `command`: the operator on the host has it in hand. */
      wanted: literals(['compare', 'switch', 'abandon', 'command']),
      created_at: Timestamp,
      is_ready: Type.Boolean({ description: 'Every submission has its new score or none.' }),
      waiting: Type.Integer(),
      scored: Type.Integer(),
      invalid: Type.Integer({ description: 'Files that do not fit any more.' }),
      failed: Type.Integer({
        description: 'Files that could not be scored; they prevent a switch.',
      }),
      reason: nullable(Type.String()),
      difference: nullable(
        Type.Object({
          entries_before: Type.Integer(),
          entries_after: Type.Integer(),
          moved: Type.Integer({ description: 'People whose rank changes.' }),
          changed: Type.Integer({ description: 'People whose best score changes.' }),
          left_out: Type.Integer({ description: 'Files with a score that get none.' }),
          moves: Type.Array(RankChange, {
            description:
              'In the order of the new board, then those who leave it; the first of them.',
          }),
        }),
      ),
    }),
  ),
  last: nullable(
    Type.Object({ outcome: literals(['switched', 'abandoned']), ended_at: Timestamp }),
  ),
})
export type Rescore = Static<typeof Rescore>
