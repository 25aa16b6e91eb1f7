import type { Bundle } from '@medforge/competitions'
import { METRIC_RULES, SCORER_VERSION } from '@medforge/scoring'

/** What the platform knows of a competition at one moment; `report.json` as it is written. */
export type Report = {
  format: 1
  competition: {
    slug: string
    title: string
    spec_version: string
    status: string
    is_permanent: boolean
    submission_cap_per_day: number
    evaluation_policy: string
    leaderboard_rule: string
    scoring_mode: string
  }
  metric: { name: Bundle['spec']['metric']; version: string; higher_is_better: boolean }
  scorer_version: string
  tie_rule: string
  holdout: {
    kind: 'demo' | 'operator'
    ids: number
    evaluation_split_version: string
    manifest_sha256: string
    ids_sha256: string
  }
  public_part: Record<string, string | null>
  dataset: Bundle['manifest']['dataset']
  counts: {
    submissions: number
    people: number
    official_scores: number
    excluded: number
    first_submission_at: string | null
    last_submission_at: string | null
  }
  board: ReportEntry[]
}

export type ReportEntry = {
  rank: number
  user_id: string
  display_name: string
  primary_score: number
  standard_error: number | null
  interval: { low: number; high: number } | null
  tied_with_first: boolean | null
  submission_id: string
  score_id: string
  file_sha256: string
  scorer_version: string
  scored_at: string
  entries: number
}

const FOR_ORGANISER = '**to be written by the organiser**'
const TASKS = {
  labels: 'classification: one label an id',
  probabilities: 'classification: a probability for each class or finding',
  values: 'regression: one value an id',
  risks: 'survival: one risk an id',
  masks: 'segmentation: one mask an image',
  boxes: 'detection: boxes in each image',
} as const

/** What a document says of a metric's version: the section whose heading names it. */
export function metricText(document: string, version: string): string {
  const sections = document.split(/^(?=#{2,3} )/m)
  const isNamed = (heading = '') => heading.split(/[\s,:]+/).includes(version)
  const section = sections.find((text) => text.startsWith('###') && isNamed(text.split('\n')[0]))
  if (!section) throw new Error(`The document says nothing of ${version}.`)
  return section.slice(section.indexOf('\n')).trim()
}

/**
 * A methods section along the BIAS checklist (Maier-Hein et al., 2020), filled in where the platform knows; the rest is marked. The same for
 * the same report.
 */
export function describeMethods(report: Report, bundle: Bundle, definition: string): string {
  const { competition, metric, holdout, dataset, counts, board } = report
  const { manifest } = bundle
  const { layout } = METRIC_RULES[metric.name]
  const columns = [manifest.id_column, ...manifest.target_columns].join(', ')
  const isDemo = holdout.kind === 'demo'
  const period =
    counts.first_submission_at === null
      ? 'nothing was submitted yet'
      : `submissions from ${counts.first_submission_at} to ${counts.last_submission_at}`
  return `# ${plain(competition.title)}: methods

Along the BIAS checklist (Maier-Hein et al., Medical Image Analysis 66, 2020, doi:10.1016/j.media.2020.101796), with what
the platform knows. What only the organiser can say is marked: ${FOR_ORGANISER}. Figures with all digits are in report.json.
${isDemo ? '\nThe holdout is a demo: its labels are made up, and no score says anything about real data.\n' : ''}
## Challenge organisation

- Title: ${plain(competition.title)} (${competition.slug})
- Abstract, keywords: ${FOR_ORGANISER}; overview.md is what participants read.
- Organisers, conflicts of interest: ${FOR_ORGANISER}
- Lifecycle: ${competition.is_permanent ? 'permanent' : 'not permanent'}, ${competition.status}; repeated submissions.
- Venue and platform: MedForge; venue ${FOR_ORGANISER}
- Participation: ${competition.submission_cap_per_day} accepted submissions a person and UTC day; rules.md has the rules as
  participants read them. Awards, training data policy, publication: ${FOR_ORGANISER}
- Submission: one CSV file of ${plain(columns)}, checked against the ids of the sample submission before it is accepted;
  a file with faults costs nothing. Only predictions are submitted, no code.
- Schedule: ${period}.
- Ethics approval: ${FOR_ORGANISER}
- Usage agreement of the data: ${plain(dataset.license)}
- Code availability: the scorer is MedForge's ${SCORER_VERSION}, the same for participants (medforge-score, and in the
  browser); participants' code: ${FOR_ORGANISER}

## Mission

- Field of application, target and challenge cohort, imaging modality, context, target entity: ${FOR_ORGANISER}
- Task category: ${TASKS[layout]}
- Assessment aim: ${metric.version}, ${metric.higher_is_better ? 'higher' : 'lower'} is better; why: ${FOR_ORGANISER}

## Data

- Source: ${plain(dataset.title)}, ${plain(dataset.source)} (${dataset.bytes} bytes, checksum ${plain(dataset.checksum)})
- Test cases: ${holdout.ids} ids, ${isDemo ? 'with made-up labels' : 'with labels of the organiser'}, which the scoring worker alone reads.
- Training cases, annotation, preprocessing, sources of error: ${FOR_ORGANISER}

## Assessment

- Metric: ${metric.version}, defined below.
- Ranking: everybody's best official score. ${report.tie_rule}
- Missing results: a file lacks no id, or it is refused.
- Every score comes from one holdout, which answers up to ${competition.submission_cap_per_day} times a person and day: best
  scores lean towards it, and there is no second stage.
- Uncertainty: ${describeUncertainty(board)}
- Values of each case: cases.csv (below). Further analyses: ${FOR_ORGANISER}

## Results

${counts.submissions} submissions of ${counts.people} people, ${counts.official_scores} with an official score, ${counts.excluded} excluded by an administrator.

| Rank | Algorithm | ${metric.version} | 95 % interval | Submissions |
| --- | --- | --- | --- | --- |
${board.map(describeEntry).join('\n')}

## Versions

| | |
| --- | --- |
| Scorer | ${report.scorer_version} |
| Split | ${holdout.evaluation_split_version} |
| SHA-256 of the holdout's manifest | ${holdout.manifest_sha256} |
| SHA-256 of the ids | ${holdout.ids_sha256} |
| Public part | ${report.public_part.bundle_version ?? 'as MedForge ships it'} |

## The metric

${definition}

## Values of each case

cases.csv has a line for each entry of the board and case: task, algorithm, case, value. It tells the holdout, so it is
for the organiser alone. ${describeCases(report)}
In R, unverified here:

\`\`\`r
cases <- read.csv("cases.csv")
challenge <- challengeR::as.challenge(cases, by = "task", algorithm = "algorithm", case = "case",
                                      value = "value", smallBetter = ${metric.higher_is_better ? 'FALSE' : 'TRUE'}, na.treat = "na.rm")
\`\`\`
`
}

function describeCases({ metric }: Report): string {
  switch (metric.name) {
    case 'map_iou':
      return 'The value is the metric of the image alone; an image that the metric leaves out has none.'
    case 'rmse':
      return 'The value is the absolute error; the score is the root of the mean of their squares.'
    case 'accuracy':
    case 'log_loss':
    case 'mae':
    case 'dice':
    case 'iou':
      return 'The value is the metric of the case alone; their mean is the score.'
    default:
      return 'The metric compares cases with one another, so no case has a value of its own: the one case is "all".'
  }
}

function describeUncertainty(board: readonly ReportEntry[]): string {
  const known = board.filter(({ interval }) => interval !== null).length
  if (known === 0) return 'the board has no intervals at this moment.'
  return `95 % intervals of ${known} of ${board.length} entries, as the board shows them.`
}

function describeEntry({ rank, display_name, primary_score, interval, entries }: ReportEntry) {
  const between = interval === null ? '' : `${interval.low} to ${interval.high}`
  return `| ${rank} | ${plain(display_name)} | ${primary_score} | ${between} | ${entries} |`
}

/** Text of people in Markdown, as it is written. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}
