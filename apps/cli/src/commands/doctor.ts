import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { observe } from '../doctor/observe.ts'
import { FAILURE_MAPPING, judge, type Verdict } from '../doctor/verdicts.ts'

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check every precondition of a working platform and say how to meet it')
    .option('--json', 'as JSON, for programs')
    .action(async (options: { json?: boolean }) => {
      const verdicts = judge(await observe(readEnvironment()))
      const report = { ok: verdicts.every(({ ok }) => ok), verdicts, failures: FAILURE_MAPPING }
      const text = options.json ? JSON.stringify(report, null, 2) : formatVerdicts(verdicts)
      process.stdout.write(`${text}\n`)
      if (!report.ok) process.exitCode = 1
    })
}

const SECTIONS: Record<Verdict['section'], string> = {
  '3.1': 'DNS and domain',
  '3.2': 'TLS',
  '3.3': 'Compose and settings',
  '3.4': 'Host runtime',
}

export function formatVerdicts(verdicts: Verdict[]): string {
  const lines: string[] = []
  for (const [section, title] of Object.entries(SECTIONS)) {
    lines.push(`${section} ${title}`)
    for (const verdict of verdicts.filter((entry) => entry.section === section)) {
      lines.push(`  ${verdict.ok ? '✓' : '✗'} ${verdict.title}: ${verdict.detail}`)
      if (!verdict.ok) lines.push(`      ${verdict.remedy}`)
    }
    lines.push('')
  }
  lines.push('3.5 What a failure means')
  for (const { symptom, meaning } of FAILURE_MAPPING) lines.push(`  ${symptom}`, `      ${meaning}`)
  const unmet = verdicts.filter(({ ok }) => !ok).length
  lines.push('', unmet === 0 ? 'Everything is met.' : `${unmet} of ${verdicts.length} are not met.`)
  return lines.join('\n')
}
