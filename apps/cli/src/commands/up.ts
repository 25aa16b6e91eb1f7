import type { Command } from 'commander'
import { readEnvironment } from '../config/env.ts'
import { prepareCertificate } from '../host/certificate.ts'
import { chooseGpuMode, countGpus } from '../host/gpus.ts'
import { ensureLimits } from '../host/limits.ts'
import { prepareHost, requireRoot } from '../host/prepare.ts'
import { acquireLock } from '../lock.ts'
import { LOCK_FILE, TLS_FILES } from '../names.ts'
import { startStack } from '../stack/bring-up.ts'
import type { EnvValues } from '../stack/env-file.ts'
import { composeFileFor, locateInstallation } from '../stack/installation.ts'
import { parseOverrides, requireSetting } from '../stack/settings.ts'
import { loadSettings, saveSettings } from '../stack/settings-file.ts'
import { createProgress } from '../terminal/progress.ts'
import { createStepRunner } from '../terminal/steps.ts'

export function registerUp(program: Command): void {
  program
    .command('up')
    .description('set this host up and start the platform; run it again at any time')
    .option('--domain <name>', 'base domain; the platform answers at medforge.<name>')
    .option('--set <NAME=VALUE...>', 'change settings in deploy/compose/.env')
    .action((options: { domain?: string; set?: string[] }) => up(options))
}

async function up(options: { domain?: string; set?: string[] }): Promise<void> {
  const environment = readEnvironment()
  requireRoot(process.getuid?.())
  await using _lock = await acquireLock(LOCK_FILE)
  const startedAt = Date.now()
  const progress = createProgress(process.stderr)
  const step = createStepRunner(progress)
  const installation = locateInstallation(environment)

  const settings = await step('Settings', async () => {
    const { values, emptied } = loadSettings(installation, {
      domain: options.domain ?? environment.domain,
      initialAdminEmail: environment.initialAdminEmail,
      overrides: parseOverrides(options.set ?? []),
    })
    const isNew = saveSettings(installation, values)
    const old = Object.entries(emptied).map(([name, value]) => `${name}=${value}`)
    const what = [
      `${isNew} ${installation.envFile}`,
      ...(old.length > 0 ? [`emptied ${old.join(', ')}, the default of an earlier version`] : []),
    ]
    return { summary: what.join('; '), value: values }
  })

  if (settings.TLS_MODE === 'files') {
    await step('Certificate', async () => {
      const changed = prepareCertificate(TLS_FILES, settings.DOMAIN ?? '')
      const made = changed.map((file) => `let the edge read ${file}`)
      return { summary: ['as it has to be', ...made].join(', '), value: undefined }
    })
  }

  const zfs = await prepareHost(
    {
      edgeAddress: settings.EDGE_BIND_ADDRESS ?? '127.0.0.1',
      poolSizeGib: requireSetting('POOL_SIZE_GB', settings, installation.envFile),
    },
    step,
    progress,
  )
  settings.COMPOSE_FILE = composeFileFor(zfs)

  await step('GPUs', async () => {
    const gpuCount = await countGpus()
    const recorded = settings.GPU_MODE
    const mode = chooseGpuMode({ recorded, domain: settings.DOMAIN ?? '', gpuCount })
    settings.GPU_MODE = mode
    saveSettings(installation, settings)
    return { summary: describeGpus(mode, gpuCount, Boolean(recorded)), value: undefined }
  })

  await step('Limits', async () => {
    const summary = await ensureLimits(settings, zfs, installation.composeDir)
    saveSettings(installation, settings)
    return { summary, value: undefined }
  })

  const admin = await startStack({ environment, installation, settings, step, progress })
  process.stdout.write(`${summarise(settings, admin, Date.now() - startedAt)}\n`)
}

function describeGpus(mode: string, count: number, wasRecorded: boolean): string {
  if (mode === 'nvidia') return `${count} NVIDIA GPUs`
  if (count > 0) {
    return `simulated, as set in deploy/compose/.env, although this host has ${count} (empty GPU_MODE there to use them)`
  }
  return `simulated: this host has no NVIDIA GPU${wasRecorded ? '' : '; recorded as GPU_MODE in deploy/compose/.env'}`
}

function summarise(
  settings: EnvValues,
  admin: { email: string; password: string } | undefined,
  elapsedMs: number,
): string {
  const lines = [
    '',
    `MedForge is up after ${(elapsedMs / 1000).toFixed(1)} s.`,
    '',
    `  Address   https://medforge.${settings.DOMAIN}`,
  ]
  if (admin) {
    lines.push(
      `  Sign in   ${admin.email}`,
      `  Password  ${admin.password}`,
      '            This password is shown once and stored nowhere.',
    )
  } else {
    lines.push(
      '  Accounts  unchanged; ./medforge users reset-password <email> makes a new password.',
    )
  }
  if (settings.GPU_MODE === 'simulated') lines.push('  GPUs      simulated')
  return lines.join('\n')
}
