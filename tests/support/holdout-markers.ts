// So many rows that no honest answer has them by chance.
const ROWS_OF_A_RUN = 24
// So dense that a hundred rows in a row hold a whole run, wherever they begin.
const ROWS_BETWEEN_STARTS = 76
const SINGLE_ROWS = 48
// A box in pixels; a class or a yes and no is far shorter, and an id alone is public.
const SHORTEST_UNMISTAKABLE_LABEL = 10

/** Texts that stand nowhere but in these labels: runs of rows and of labels from all over the file, and rows that no chance makes. */
export function markersOf(labelsFile: string): string[] {
  const [, ...rows] = labelsFile.trim().split('\n')
  const count = Math.floor((rows.length - ROWS_OF_A_RUN) / ROWS_BETWEEN_STARTS) + 1
  const runs = Array.from({ length: count }, (_, nth) =>
    rows.slice(nth * ROWS_BETWEEN_STARTS, nth * ROWS_BETWEEN_STARTS + ROWS_OF_A_RUN),
  )
  const ofRuns = runs.flatMap((run) => {
    const labels = run.map(labelOf)
    // Labels of several columns, and empty ones, are not told from each other once the ids are gone.
    const isPlain = labels.every((label) => /^[^,]+$/.test(label))
    return [run.join('\n'), ...(isPlain ? [labels.join(''), labels.join(',')] : [])]
  })
  const unmistakable = rows.filter((row) => labelOf(row).length >= SHORTEST_UNMISTAKABLE_LABEL)
  const step = Math.max(1, Math.floor(unmistakable.length / SINGLE_ROWS))
  return [...ofRuns, ...unmistakable.filter((_, index) => index % step === 0)]
}

/** Everything after the id. */
function labelOf(row: string): string {
  return row.slice(row.indexOf(',') + 1)
}

/** Where a text stands as it is, inside JSON (a body, a line of a log), or inside JSON that is inside JSON (a body in such a line). */
export function contains(text: string, marker: string): boolean {
  const once = escaped(marker)
  return [marker, once, escaped(once)].some((form) => text.includes(form))
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
