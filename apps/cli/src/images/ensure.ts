import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { checkDiskSpace, GIB } from '../host/disk.ts'
import { acquireLock } from '../lock.ts'
import { reasonOf, waitFor } from '../process.ts'
import { createActivity } from './activity.ts'
import { createBuilder } from './builder.ts'
import { createImageStore, type ImageStore } from './docker.ts'
import { createPlan, type Plan } from './plan.ts'
import { digestFor, type ImageName, requirePinned } from './reference.ts'
import { findPushed, openRegistry } from './registry.ts'
import { sweepFolder } from './sweep.ts'

export type EnsureImagesOptions<Name extends ImageName = ImageName> = {
  root: string
  cacheDir: string
  names: readonly Name[]
  /** References from `.env`, which are pulled and never built; each must have a digest. */
  overrides: Partial<Record<ImageName, string>>
  /** Called with what is going on, in a few words, at every change and every few seconds. */
  report: (line: string) => void
  signal: AbortSignal
}

/** The order to begin in: what takes longest from nothing goes first, or it is what everybody waits for in the end. */
const LONGEST_FIRST: readonly ImageName[] = ['pack', 'web', 'api', 'db', 'caddy']

/** Everything built from nothing took 3.7 GB in Docker, and 0.9 GB in the cache; a push wants some more, and Caddy 1.5 GB while it compiles. */
const DOCKER_NEEDS_BYTES = 6 * GIB
const CACHE_NEEDS_BYTES = 2 * GIB

/**
 * Every named image is in the local Docker, and the answer names each by a digest that Docker knows.
 *
 * Where Docker has them already this only reads (under a second, and no registry is started). Otherwise one caller at a
 * time builds or pulls, another waits for it. Killed at any point, the next call goes on from what is there.
 *
 * @throws Failure in one sentence with a remedy: an override without a digest or that cannot be pulled, too little disk, an archive or registry that
 *   cannot be reached, a taken port, a failed build
 */
export async function ensureImages<Name extends ImageName>(
  options: EnsureImagesOptions<Name>,
): Promise<Record<Name, string>> {
  const { names, overrides } = options
  for (const name of names) {
    const reference = overrides[name]
    if (reference !== undefined) requirePinned(name, reference)
  }
  const store = createImageStore()
  const references = new Map<ImageName, string>()
  const local: ImageName[] = []
  for (const name of names) {
    const reference = overrides[name]
    if (reference === undefined) local.push(name)
    else references.set(name, await pullOverride(store, name, reference, options))
  }
  if (local.length > 0) {
    const plan = createPlan(options)
    for (const [name, reference] of await findPublished(store, plan, local)) {
      references.set(name, reference)
    }
    const missing = local.filter((name) => !references.has(name))
    if (missing.length > 0) {
      for (const [name, reference] of await publishMissing(store, plan, missing, options)) {
        references.set(name, reference)
      }
    }
  }
  return Object.fromEntries(references) as Record<Name, string>
}

async function pullOverride(
  store: ImageStore,
  name: ImageName,
  reference: string,
  options: EnsureImagesOptions,
): Promise<string> {
  if (await store.has(reference)) return reference
  options.report(`pulling ${reference}`)
  const outcome = await store.pull(reference, {
    signal: options.signal,
    onLine: (line) => options.report(`pulling ${name}: ${line}`),
  })
  options.signal.throwIfAborted()
  if (outcome.ok) return reference
  throw new Failure(
    `${reference}, which ${name.toUpperCase()}_IMAGE names, cannot be pulled (${reasonOf('docker pull', outcome)}).`,
    `Check the name and the network, or remove ${name.toUpperCase()}_IMAGE from deploy/compose/.env to have the image built here.`,
  )
}

/** The images that Docker has with a digest, under the hash of what they would be built from now. */
async function findPublished(
  store: ImageStore,
  plan: Plan,
  names: readonly ImageName[],
): Promise<Map<ImageName, string>> {
  const found = new Map<ImageName, string>()
  const digests = await store.findTags(names.map((name) => plan.part(name).image))
  for (const name of names) {
    const part = plan.part(name)
    const digest = digestFor(part.repository, digests.get(part.image) ?? [])
    if (digest !== undefined) found.set(name, digest)
  }
  return found
}

async function publishMissing(
  store: ImageStore,
  plan: Plan,
  missing: readonly ImageName[],
  options: EnsureImagesOptions,
): Promise<Map<ImageName, string>> {
  const { cacheDir, signal, report } = options
  await using _lock = await waitForLock(join(cacheDir, 'locks/images'), report, signal)
  // Whoever held the lock may have made them.
  const found = await findPublished(store, plan, missing)
  const toMake = LONGEST_FIRST.filter((name) => missing.includes(name) && !found.has(name))
  if (toMake.length === 0) return found

  if (!toMake.every((name) => findPushed(cacheDir, plan.part(name)))) {
    const dockerRoot = await store.rootDirectory()
    checkDiskSpace([
      {
        path: dockerRoot,
        bytes: DOCKER_NEEDS_BYTES,
        what: 'images',
        remedy: `move ${dockerRoot} to a larger disk`,
      },
      {
        path: cacheDir,
        bytes: CACHE_NEEDS_BYTES,
        what: 'their copies in the registry',
        remedy: 'point MEDFORGE_CACHE at a larger disk',
      },
    ])
  }
  await sweepFolder(join(cacheDir, 'tmp'))
  await using registry = await openRegistry(cacheDir, join(cacheDir, 'registry.log'))
  await using activity = createActivity(report)
  const wanted = plan.withParents(toMake).map(({ image }) => image)
  const present = new Set((await store.findTags(wanted)).keys())
  const failed = new AbortController()
  const builder = createBuilder({
    root: options.root,
    cacheDir,
    plan,
    store,
    login: registry.login,
    activity,
    signal: AbortSignal.any([signal, failed.signal]),
    present,
  })
  // The first failure stops the others, and is the one that is told.
  const published = toMake.map(async (name) => {
    try {
      found.set(name, await builder.publish(name))
    } catch (error) {
      failed.abort(error)
      throw error
    }
  })
  await Promise.allSettled(published)
  await builder.finish()
  if (failed.signal.aborted) throw failed.signal.reason
  return found
}

async function waitForLock(
  file: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const lock = await waitFor(
    async () => {
      signal.throwIfAborted()
      try {
        return await acquireLock(file)
      } catch {
        report('waiting for another medforge command that builds images')
        return undefined
      }
    },
    { timeoutMs: 45 * 60_000, everyMs: 1_000 },
  )
  if (lock !== undefined) return lock
  throw new Failure(
    'Another medforge command has been building images for 45 minutes.',
    `Find it with fuser -v ${file}, end it, and run this again.`,
  )
}
