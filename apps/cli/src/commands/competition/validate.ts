import { resolve } from 'node:path'
import { describeFault, type InspectedBundle, inspectBundle } from '@medforge/competitions'
import { readEnvironment } from '../../config/env.ts'
import { Failure } from '../../failure.ts'
import { type EnvValues, readEnvFile } from '../../stack/env-file.ts'
import { locateInstallation } from '../../stack/installation.ts'
import { requireSetting } from '../../stack/settings.ts'
import { printJson } from '../../terminal/output.ts'

export type ValidateOptions = { holdout?: string; json?: boolean }

/** Ends with code 1 where something is wrong. */
export async function validateBundle(folder: string, options: ValidateOptions): Promise<void> {
  const inspected = await inspect(folder, options.holdout)
  const faults = inspected.ok ? [] : inspected.faults
  if (!inspected.ok) process.exitCode = 1
  if (options.json) {
    printJson({ ok: inspected.ok, faults })
    return
  }
  if (!inspected.ok) {
    for (const fault of faults) process.stdout.write(`${describeFault(fault)}\n`)
    process.stdout.write(`${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.\n`)
    return
  }
  process.stdout.write(`${describeBundle(inspected.value)} Nothing is wrong with it.\n`)
}

function describeBundle({ bundle: { manifest }, labels }: InspectedBundle): string {
  const holdout = labels ? 'with a holdout' : manifest.demo ? 'with a demo' : 'without a holdout'
  return `${manifest.slug}: ${manifest.metric_version}, ${manifest.expected_rows} ids, ${holdout}.`
}

/** @throws Failure naming every fault */
export async function requireValid(folder: string, holdout?: string): Promise<InspectedBundle> {
  const inspected = await inspect(folder, holdout)
  if (inspected.ok) return inspected.value
  const lines = inspected.faults.map((fault) => `  ${describeFault(fault)}`)
  throw new Failure(
    `The bundle ${folder} cannot be used, and nothing was changed:\n${lines.join('\n')}\n`,
    'Repair it; ./medforge competition validate checks it again.',
  )
}

function inspect(folder: string, holdoutFile: string | undefined) {
  return inspectBundle(resolve(folder), { holdoutFile, uploadMaxBytes: readUploadMaxBytes() })
}

/**
 * What this installation takes; the default where there is none, or where somebody asks who may not read its settings.
 *
 * @throws Failure where it takes nothing, because the setting is wrong
 */
function readUploadMaxBytes(): number {
  const { envFile } = locateInstallation(readEnvironment())
  return requireSetting('SUBMISSION_UPLOAD_MAX_BYTES', readIfAllowed(envFile), envFile)
}

function readIfAllowed(envFile: string): EnvValues {
  try {
    return readEnvFile(envFile) ?? {}
  } catch {
    return {}
  }
}
