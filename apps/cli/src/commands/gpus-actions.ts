import { type AdminGpu, GPU_REASON_MAX } from '@medforge/contracts'
import { listGpus } from '@medforge/core'
import { Failure } from '../failure.ts'
import { describeGpu, reasonsOf, setGpuEnableds } from '../operations/gpus.ts'
import { openSetting } from '../operations/setting.ts'
import { type Column, formatTable, report } from '../terminal/output.ts'

const COLUMNS: Column<AdminGpu>[] = [
  { title: 'GPU', of: ({ id }) => id },
  { title: 'DESIRED', of: ({ is_enabled }) => (is_enabled ? 'enabled' : 'disabled') },
  { title: 'STATE', of: describeGpu },
  { title: 'HEALTH', of: ({ health, quarantine }) => quarantine ?? health },
  { title: 'USER', of: ({ session }) => session?.user_email ?? null },
  { title: 'MODEL', of: ({ model }) => model },
  { title: 'UUID', of: ({ uuid }) => uuid },
  { title: 'REASON', of: reasonsOf },
]

export async function list(options: { json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const gpus = await listGpus(setting.db)
  report(options.json, { gpus }, formatGpus(gpus))
}

export function formatGpus(gpus: readonly AdminGpu[]): string {
  return formatTable(gpus, COLUMNS, 'There are no GPU slots; ./medforge up makes them.')
}

export async function enable(ids: string[], options: { json?: boolean }): Promise<void> {
  await using setting = openSetting()
  const gpus = await setGpuEnableds(setting.db, ids, { isEnabled: true })
  const isWaiting = gpus.some(({ quarantine }) => quarantine !== null)
  const text = isWaiting
    ? `${formatGpus(gpus)}\n\nThe reconciler asks a device in quarantine again within seconds; ./medforge gpus list shows what it found.`
    : formatGpus(gpus)
  report(options.json, { gpus }, text)
}

export async function disable(
  ids: string[],
  options: { reason?: string; json?: boolean },
): Promise<void> {
  const { reason } = options
  if (reason !== undefined && reason.length > GPU_REASON_MAX) {
    throw new Failure(`The reason is longer than ${GPU_REASON_MAX} characters.`, 'Shorten it.')
  }
  await using setting = openSetting()
  const gpus = await setGpuEnableds(setting.db, ids, { isEnabled: false, reason })
  report(options.json, { gpus }, formatGpus(gpus))
}
