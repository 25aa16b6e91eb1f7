import type { BestOverTime } from '@medforge/contracts'

export const PLOT = { width: 600, height: 96 }

/**
 * A best score over time as the `d` of an SVG path: flat until it gets better, then straight up (or down, where lower is better), and
 * flat to the right end. Times and scores are scaled to fill the plot.
 */
export function stepPath(points: BestOverTime, endMs: number): string {
  const [first] = points
  if (!first) return ''
  const startMs = Date.parse(first.at)
  const scores = points.map(({ primary_score }) => primary_score)
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  const x = (at: string) => round(share(Date.parse(at), startMs, endMs, 0) * PLOT.width)
  const y = (score: number) => round((1 - share(score, low, high, 0.5)) * PLOT.height)
  const steps = points.slice(1).map(({ at, primary_score }) => `H${x(at)}V${y(primary_score)}`)
  return `M0 ${y(first.primary_score)}${steps.join('')}H${PLOT.width}`
}

function share(value: number, from: number, to: number, whenEmpty: number): number {
  return to > from ? Math.min(1, (value - from) / (to - from)) : whenEmpty
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
