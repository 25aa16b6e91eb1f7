import { existsSync } from 'node:fs'
import type { CliEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { ensureHostNames } from '../host/hosts-file.ts'
import { ensureBrowserTrust, ensureSystemTrust, listPeople } from '../host/trust.ts'
import { ensureImages } from '../images/index.ts'
import { IMAGE_NAMES } from '../images/reference.ts'
import {
  CADDY_ROOT_CERTIFICATE,
  HIDDEN_HOLDOUTS,
  HOLDOUT_SEED_FILE,
  SERVICES,
  type ServiceName,
} from '../names.ts'
import { reasonOf, waitFor } from '../process.ts'
import { clean } from '../terminal/output.ts'
import type { Progress } from '../terminal/progress.ts'
import type { StepRunner } from '../terminal/steps.ts'
import type { NewAdmin } from './accounts.ts'
import { ensurePlaceholderNetwork, inspectPlatform } from './containers.ts'
import { createCrashWatch, stopUnsteady } from './crash-loops.ts'
import { ensureDatabaseFolder, waitForDatabase } from './database.ts'
import type { EnvValues } from './env-file.ts'
import { checkContainers, waitForHealthz } from './health.ts'
import { compose, type Installation } from './installation.ts'
import { imageOverrides, imageSetting } from './settings.ts'
import { saveSettings } from './settings-file.ts'

export type StackOptions = {
  environment: CliEnvironment
  installation: Installation
  settings: EnvValues
  step: StepRunner
  progress: Progress
}

/**
 * From a prepared host to a platform that answers: images, database with its content, containers, trust, health.
 *
 * Migrations and seeds run before the API's containers, which wait for them.
 *
 * @returns the first administrator's credentials if this call created that account; its creation is the last step, so that
 *   a kill on the way can not lose the password
 */
export async function startStack(options: StackOptions): Promise<NewAdmin | undefined> {
  const { environment, installation, settings, step, progress } = options
  const databaseUrl = settings.DATABASE_URL ?? ''
  const domain = settings.DOMAIN ?? ''

  await step('Images', async () => {
    const images = await ensureImages({
      root: installation.root,
      cacheDir: environment.cacheDir,
      names: IMAGE_NAMES,
      overrides: imageOverrides(settings),
      report: (text: string) => progress.detail(text),
      signal: new AbortController().signal,
    })
    let changed = 0
    for (const name of IMAGE_NAMES) {
      if (settings[imageSetting(name)] !== images[name]) changed += 1
      settings[imageSetting(name)] = images[name]
    }
    saveSettings(installation, settings)
    return { summary: changed > 0 ? `${changed} new` : 'unchanged', value: undefined }
  })

  await step('Database', async () => {
    await ensurePlaceholderNetwork()
    const isNew = await ensureDatabaseFolder(settings.DB_IMAGE ?? '', progress)
    await startServices(installation, ['db'])
    await waitForDatabase(progress)
    // Loaded here, so that commands which need no database start without its driver.
    const { ensureContent } = await import('./content.ts')
    const summary = await ensureContent({
      databaseUrl,
      packImage: settings.PACK_IMAGE ?? '',
      publicRoot: `${installation.root}/competitions`,
      hiddenRoot: HIDDEN_HOLDOUTS,
      holdoutSeedFile: HOLDOUT_SEED_FILE,
      progress,
    })
    return { summary: isNew ? `initialised, ${summary}` : summary, value: undefined }
  })

  await step('Containers', async () => {
    const before = await containerIds()
    await startServices(installation, [])
    const after = await containerIds()
    const started = [...after].filter(([name, id]) => before.get(name) !== id).map(([name]) => name)
    const summary = started.length > 0 ? `started ${started.join(', ')}` : 'unchanged'
    return { summary, value: undefined }
  })

  if (domain === 'localhost' || settings.TLS_MODE === 'internal') {
    await step('Names and certificate', () => ensureTrust(options))
  }

  await step('Health', async () => {
    const warnings = await waitForHealthz(domain, progress)
    await checkContainers()
    for (const warning of warnings) progress.note(`Warning: ${clean(warning)}`)
    const answer = warnings.length > 0 ? 'answers, with warnings' : 'is ok'
    return { summary: `https://api.medforge.${domain}/healthz ${answer}`, value: undefined }
  })

  return await step('Administrator', async () => {
    const { ensureFirstAdmin } = await import('./accounts.ts')
    const admin = await ensureFirstAdmin(databaseUrl, settings.INITIAL_ADMIN_EMAIL ?? '')
    return { summary: admin ? 'created' : 'there already', value: admin }
  })
}

async function startServices(installation: Installation, services: ServiceName[]): Promise<void> {
  await stopUnsteady(services.length > 0 ? services : SERVICES)
  const outcome = await compose(installation, ['up', '-d', '--no-build', ...services])
  if (outcome.ok) return
  const text = `${outcome.stdout}\n${outcome.stderr}`
  if (/Pool overlaps with other one|invalid pool request/i.test(text)) {
    throw new Failure(
      'The addresses 172.30.0.0/24, 172.30.1.0/24 and 172.30.2.0/24 are not all free: another Docker network uses one of them.',
      'Find it with docker network ls and docker network inspect, remove it, and run this again.',
    )
  }
  throw new Failure(
    `The containers could not be started (${reasonOf('compose', outcome)}).`,
    'Run ./medforge doctor, or read ./medforge logs, and run this again.',
  )
}

async function containerIds(): Promise<Map<string, string>> {
  return new Map([...(await inspectPlatform())].map(([service, { Id }]) => [service, Id]))
}

async function ensureTrust({ environment, settings, progress }: StackOptions) {
  const domain = settings.DOMAIN ?? ''
  const changes: string[] = []
  if (domain === 'localhost') {
    const names = [`medforge.${domain}`, `api.medforge.${domain}`]
    if (ensureHostNames(names)) changes.push('/etc/hosts')
  }
  if (settings.TLS_MODE === 'internal') {
    progress.detail("waiting for Caddy's certificate authority")
    const refuseCrashLoops = createCrashWatch(['caddy'])
    const exists = async () => {
      await refuseCrashLoops()
      return existsSync(CADDY_ROOT_CERTIFICATE) || undefined
    }
    if (!(await waitFor(exists, { timeoutMs: 60_000 }))) {
      throw new Failure(
        `Caddy made no certificate authority in ${CADDY_ROOT_CERTIFICATE}.`,
        'Read ./medforge logs caddy, and run this again when the cause is gone.',
      )
    }
    if (await ensureSystemTrust(CADDY_ROOT_CERTIFICATE)) changes.push('system trust store')
    for (const person of await listPeople(environment.invokingUser)) {
      if (await ensureBrowserTrust(CADDY_ROOT_CERTIFICATE, person)) {
        changes.push(`browser trust store of ${person.name}`)
      }
    }
  }
  const summary = changes.length > 0 ? `wrote ${changes.join(', ')}` : 'unchanged'
  return { summary, value: undefined }
}
