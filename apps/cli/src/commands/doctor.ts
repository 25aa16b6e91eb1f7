import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { observe } from '../doctor/observe.ts'
import { FAILURE_MAPPING, judge, SECTIONS, type Verdict } from '../doctor/verdicts.ts'

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check every precondition of a working platform and print its remedy')
    .option('--json', 'as JSON, for programs')
    .action(async (options: { json?: boolean }) => {
      const verdicts = judge(await observe(readEnvironment()))
      const report = { ok: verdicts.every(({ ok }) => ok), verdicts, failures: FAILURE_MAPPING }
      const text = options.json ? JSON.stringify(report, null, 2) : formatVerdicts(verdicts)
      process.stdout.write(`${text}\n`)
      if (!report.ok) process.exitCode = 1
    })
}

export function formatVerdicts(verdicts: Verdict[]): string {
  const lines: string[] = []
  for (const section of SECTIONS) {
    lines.push(section)
    for (const verdict of verdicts.filter((entry) => entry.section === section)) {
      lines.push(`  ${verdict.ok ? '✓' : '✗'} ${verdict.title}: ${verdict.detail}`)
      if (!verdict.ok) lines.push(`      ${verdict.remedy}`)
    }
    lines.push('')
  }
  lines.push('What a failure means')
  for (const { symptom, meaning } of FAILURE_MAPPING) lines.push(`  ${symptom}`, `      ${meaning}`)
  const unmet = verdicts.filter(({ ok }) => !ok).length
  lines.push('', unmet === 0 ? 'Everything is met.' : `${unmet} of ${verdicts.length} are not met.`)
  return lines.join('\n')
}
