/** The value that `share` of the samples do not exceed, by the nearest-rank rule: always one of the samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error('There are no samples.')
  return value
}

/** Rows as a table of text: the first column to the left, every other to the right. */
export function formatTable(header: string[], rows: string[][]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
  const rule = widths.map((width) => '─'.repeat(width)).join('───')
  return [line(header), rule, ...rows.map(line)].join('\n')
}

/** The slope of the straight line through these points, by Theil and Sen: the median of all pairs, which single jumps do not move. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).map((b) => (b.y - a.y) / (b.x - a.x)),
  )
  return slopes.length === 0 ? 0 : percentile(slopes, 0.5)
}
