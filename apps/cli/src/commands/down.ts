import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { POOL_FILES_SILENT } from '@medforge/core/pool-files'
import type { Command } from 'commander'
import { type CliEnvironment, readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { dockerAnswers } from '../host/docker.ts'
import { ensureHostNames } from '../host/hosts-file.ts'
import { LIMIT_FILES } from '../host/limits.ts'
import { askPoolFiles, zfsAnswers } from '../host/pool-health.ts'
import { requireRoot } from '../host/prepare.ts'
import { listPeople, removeBrowserTrust, removeSystemTrust } from '../host/trust.ts'
import { destroyPool } from '../host/zfs.ts'
import { acquireLock } from '../lock.ts'
import { CONTAINERS, LOCK_FILE, LOGS, NETWORKS, POOL, STATE } from '../names.ts'
import { run, runOrFail } from '../process.ts'
import { inspectPlatform, listSessionContainers } from '../stack/containers.ts'
import { readEnvFile } from '../stack/env-file.ts'
import { type Installation, locateInstallation } from '../stack/installation.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { createStepRunner, type StepRunner } from '../terminal/steps.ts'

export function registerDown(program: Command): void {
  program
    .command('down')
    .description('stop the platform and its sessions; nothing is deleted without --purge')
    .option(
      '--purge',
      'delete everything that ./medforge up made: workspaces and accounts included',
    )
    .option('--yes', 'do not ask before --purge')
    .action((options: { purge?: boolean; yes?: boolean }) => down(options))
}

async function down(options: { purge?: boolean; yes?: boolean }): Promise<void> {
  const environment = readEnvironment()
  requireRoot(process.getuid?.())
  if (options.purge && !options.yes) await confirmPurge()
  await using _lock = await acquireLock(LOCK_FILE)
  const progress = createProgress(process.stderr)
  const step = createStepRunner(progress)
  // Whatever waits for them cannot be stopped, and no session would get its snapshot.
  if ((await askPoolFiles()) === 'silent') {
    throw new Failure(
      POOL_FILES_SILENT,
      'Run ./medforge up, which heals that, and then this again.',
    )
  }
  if (await dockerAnswers()) {
    await endSessions(locateInstallation(environment), step, progress)
    await removeContainers(step)
  }
  if (options.purge) await purge(environment, step)
  else {
    process.stdout.write(
      `MedForge is down. Kept: accounts, scores and workspaces (pool ${POOL}), ${STATE}, deploy/compose/.env and the images. ./medforge up brings it back.\n`,
    )
  }
}

async function confirmPurge(): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new Failure(
      'down --purge deletes every workspace, account and score, and there is no terminal to ask on.',
      'Pass --yes if that is what you want.',
    )
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(
    'This deletes every workspace, account, submission and score of this installation. Type purge to go on: ',
  )
  prompt.close()
  if (answer.trim() !== 'purge') throw new Failure('Nothing was deleted.', 'Type purge to confirm.')
}

const FAILURE = {
  message: 'The containers could not be stopped',
  remedy: 'Look at docker ps -a and the Docker server’s log, and run this again.',
}

/**
 * Sessions end while the reconciler is there to snapshot them. What is left of them after that (the platform was not up,
 * or did not manage in time) is only stopped: the next `up` finds it and takes the snapshot then.
 */
async function endSessions(installation: Installation, step: StepRunner, progress: Progress) {
  await step('Sessions', async () => {
    const settings = readEnvFile(installation.envFile)
    const isUp = (await inspectPlatform()).get('api')?.State.Status === 'running'
    const { stopSessions } = await import('../stack/sessions.ts')
    const asked = settings && isUp ? await stopSessions(settings, progress) : undefined
    const rest = await listSessionContainers()
    if (rest.length > 0) {
      await runOrFail('docker', ['stop', '--time', '10', ...rest], FAILURE, { timeoutMs: 120_000 })
    }
    const summary = [
      ...(asked && asked.ended > 0 ? [`${asked.ended} stopped with a snapshot`] : []),
      ...(rest.length > 0 ? [`${rest.length} containers stopped, their files kept`] : []),
    ]
    return { summary: summary.join(', ') || 'none', value: undefined }
  })
}

/**
 * Caddy goes before what it asks. Containers are removed rather than left stopped, so that a restart of Docker cannot
 * bring half of a platform back.
 */
async function removeContainers(step: StepRunner): Promise<void> {
  await step('Containers', async () => {
    const order = ['caddy', 'web', 'api', 'api-worker', 'db'] as const
    let removed = 0
    for (const service of order) {
      const name = CONTAINERS[service]
      if (!(await run('docker', ['container', 'inspect', name])).ok) continue
      const grace = service === 'db' ? '60' : '15'
      await runOrFail('docker', ['stop', '--time', grace, name], FAILURE, { timeoutMs: 90_000 })
      await runOrFail('docker', ['rm', '--force', name], FAILURE)
      removed += 1
    }
    // The reconciler takes its own helpers away, unless it was killed.
    const helpers = await run('docker', ['ps', '-aq', '--filter', 'label=medforge.helper'])
    const left = helpers.stdout.split('\n').filter(Boolean)
    if (left.length > 0) await runOrFail('docker', ['rm', '--force', ...left], FAILURE)
    return { summary: removed === 0 ? 'none' : `${removed} removed`, value: undefined }
  })
}

async function purge(environment: CliEnvironment, step: StepRunner): Promise<void> {
  const installation = locateInstallation(environment)
  await step('Networks', async () => {
    const left = await listSessionContainers()
    if (left.length > 0) await runOrFail('docker', ['rm', '--force', ...left], FAILURE)
    await run('sh', [`${installation.root}/ops/network/firewall.sh`, 'remove'])
    for (const { name } of Object.values(NETWORKS)) await run('docker', ['network', 'rm', name])
    return { summary: 'removed', value: undefined }
  })
  await step('Pool and state', async () => {
    if (await zfsAnswers()) await destroyPool()
    for (const folder of [STATE, LOGS]) removeFolder(folder)
    for (const file of [installation.envFile, ...LIMIT_FILES]) rmSync(file, { force: true })
    return { summary: 'deleted', value: undefined }
  })
  await step('Trust and names', async () => {
    await removeSystemTrust()
    for (const person of await listPeople(environment.invokingUser)) {
      await removeBrowserTrust(person)
    }
    ensureHostNames([])
    return { summary: 'removed', value: undefined }
  })
  process.stdout.write(
    `MedForge is gone from this host. Kept: installed packages, the images in Docker, ${environment.cacheDir}, and the Docker and ZFS servers, which still run.\n`,
  )
}

/** Everything in the folder, and the folder itself where it is not a mount of its own. */
function removeFolder(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
  try {
    rmdirSync(folder)
  } catch {
    // an empty mount point is nobody's loss
  }
}
