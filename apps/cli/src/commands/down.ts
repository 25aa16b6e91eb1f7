import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { type CliEnvironment, readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { dockerAnswers } from '../host/docker.ts'
import { ensureHostNames } from '../host/hosts-file.ts'
import { requireRoot } from '../host/prepare.ts'
import { listPeople, removeBrowserTrust, removeSystemTrust } from '../host/trust.ts'
import { destroyPool, zfsAnswers } from '../host/zfs.ts'
import { acquireLock } from '../lock.ts'
import { CONTAINERS, LOCK_FILE, LOGS, NETWORKS, POOL, STATE } from '../names.ts'
import { must, run } from '../process.ts'
import { listSessionContainers } from '../stack/containers.ts'
import { locateInstallation } from '../stack/installation.ts'
import { createProgress } from '../terminal/progress.ts'
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
  if (await dockerAnswers()) await removeContainers(step, options.purge === true)
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
      'Say --yes if that is what you want.',
    )
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(
    'This deletes every workspace, account, submission and score of this installation. Type purge to go on: ',
  )
  prompt.close()
  if (answer.trim() !== 'purge') throw new Failure('Nothing was deleted.', 'Type purge to confirm.')
}

/**
 * Sessions stop first, so that nobody writes while the reconciler is gone; Caddy goes before what it asks. Containers are
 * removed rather than left stopped, so that a restart of Docker cannot bring half of a platform back.
 */
async function removeContainers(step: StepRunner, isPurge: boolean): Promise<void> {
  const failure = {
    message: 'The containers could not be stopped',
    remedy: 'Look at docker ps -a and the Docker server’s log, and run this again.',
  }
  await step('Sessions', async () => {
    const sessions = await listSessionContainers()
    if (sessions.length > 0) {
      await must('docker', ['stop', '--time', '10', ...sessions], failure, { timeoutMs: 120_000 })
      if (isPurge) await must('docker', ['rm', '--force', ...sessions], failure)
    }
    const says = sessions.length === 0 ? 'none' : `${sessions.length} stopped, workspaces kept`
    return { says: isPurge ? says.replace(', workspaces kept', '') : says, value: undefined }
  })
  await step('Containers', async () => {
    const order = ['caddy', 'web', 'api', 'api-worker', 'db'] as const
    let removed = 0
    for (const service of order) {
      const name = CONTAINERS[service]
      if (!(await run('docker', ['container', 'inspect', name])).ok) continue
      const grace = service === 'db' ? '60' : '15'
      await must('docker', ['stop', '--time', grace, name], failure, { timeoutMs: 90_000 })
      await must('docker', ['rm', '--force', name], failure)
      removed += 1
    }
    return { says: removed === 0 ? 'none' : `${removed} removed`, value: undefined }
  })
}

async function purge(environment: CliEnvironment, step: StepRunner): Promise<void> {
  const installation = locateInstallation(environment)
  await step('Networks', async () => {
    await run('sh', [`${installation.root}/ops/network/firewall.sh`, 'remove'])
    for (const { name } of Object.values(NETWORKS)) await run('docker', ['network', 'rm', name])
    return { says: 'removed', value: undefined }
  })
  await step('Pool and state', async () => {
    if (await zfsAnswers()) await destroyPool()
    rmSync(STATE, { recursive: true, force: true })
    rmSync(LOGS, { recursive: true, force: true })
    rmSync(installation.envFile, { force: true })
    return { says: 'deleted', value: undefined }
  })
  await step('Trust and names', async () => {
    await removeSystemTrust()
    for (const person of await listPeople(environment.home, environment.invokingUser)) {
      await removeBrowserTrust(person)
    }
    ensureHostNames([])
    return { says: 'removed', value: undefined }
  })
  process.stdout.write(
    `MedForge is gone from this host. Kept: installed packages, the images in Docker, ${environment.cacheDir}, and the Docker and ZFS servers, which still run.\n`,
  )
}
