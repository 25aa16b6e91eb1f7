import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { type Outcome, reasonOf } from '../process.ts'
import type { Activity } from './activity.ts'
import type { PartName } from './catalogue.ts'
import { openContext } from './context.ts'
import { diagnoseBuild } from './diagnosis.ts'
import { type ImageStore, long } from './docker.ts'
import type { Plan, PlannedPart } from './plan.ts'
import { digestFor } from './reference.ts'
import { findPushed, recordPushed } from './registry.ts'
import { createSlots } from './slots.ts'

export type BuilderDeps = {
  root: string
  cacheDir: string
  plan: Plan
  store: ImageStore
  /** The environment in which the docker program logs in to the registry. */
  login: Record<string, string>
  activity: Activity
  signal: AbortSignal
  /**
   * Names of parts that the local Docker has already. Known beforehand, so that parts queue in the order in which they are
   * asked for and not in that of Docker's answers.
   */
  present: ReadonlySet<string>
}

/** Docker says on every build that its classic builder is old; that is nobody's fault and hides what is. */
const BUILDER_NOTICE = /^DEPRECATED: The legacy builder.*\n(?: {4,}.*\n?)*\n?/m

/**
 * mmdebstrap mounts the host's /proc and /sys inside what it makes, and starts many processes. In namespaces of its own all
 * of that ends with it, however it ends; otherwise a kill leaves the mounts behind, and whoever tidies up walks into the host's.
 */
const OWN_NAMESPACES = '--mount --propagation private --pid --fork --kill-child --mount-proc'.split(
  ' ',
)

/** Two builds wait for the network or the disk while a third computes: measured best of 2, 3 and 4 on two cores. */
const BUILDS_AT_ONCE = 3
/** A push compresses on one core. */
const PUSHES_AT_ONCE = 2

/**
 * Makes parts and what they are built upon, each once, as many at a time as pays.
 *
 * What Docker has is kept; what this host pushed to the registry is pulled, by the digest that it recorded then; the
 * rest is built. Everything is found again by the hash of its content, so a run that was killed goes on where it
 * stopped. The registry has to answer meanwhile.
 */
export function createBuilder(deps: BuilderDeps) {
  const { cacheDir, plan, store, login, activity, signal, present } = deps
  const builds = createSlots(BUILDS_AT_ONCE)
  const pushes = createSlots(PUSHES_AT_ONCE)
  const provided = new Map<PartName, Promise<void>>()
  const sharing: Promise<unknown>[] = []

  /** The part is in the local Docker under its tag. */
  function provide(name: PartName): Promise<void> {
    let promise = provided.get(name)
    if (promise === undefined) {
      promise = makePart(plan.part(name))
      provided.set(name, promise)
    }
    return promise
  }

  async function makePart(part: PlannedPart): Promise<void> {
    if (present.has(part.image)) return
    const pushed = findPushed(cacheDir, part)
    if (pushed !== undefined && (await pull(part, pushed))) return
    await Promise.all(Object.values(part.parents).map(provide))
    await builds.run(signal, () => (part.name === 'base' ? makeBase(part) : build(part)))
    // An image's own push waits for its last layer; those below it can be compressed while that is made.
    if (part.isShared) sharing.push(pushes.run(signal, () => push(part)).catch(() => {}))
  }

  async function pull(part: PlannedPart, pushed: string): Promise<boolean> {
    using _ = activity.begin(`pulling ${part.name}`)
    const { ok } = await store.pull(pushed, { signal, env: login })
    return ok && (await store.tag(pushed, part.image)).ok
  }

  async function makeBase(part: PlannedPart): Promise<void> {
    using step = activity.begin('building base')
    const folder = join(cacheDir, 'base')
    const tar = join(folder, `${part.hash}.tar`)
    const tmp = join(cacheDir, 'tmp')
    if (!existsSync(tar)) {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { recursive: true })
      await mkdir(tmp, { recursive: true, mode: 0o755 })
      const script = join(deps.root, part.recipe)
      const outcome = await long(
        'unshare',
        [...OWN_NAMESPACES, 'bash', script, `${tar}.partial.tar`],
        {
          signal,
          // What a killed run leaves is swept with this folder.
          env: { TMPDIR: tmp },
          onLine: (line) => step.detail(line.replace(/^I: /, '').slice(0, 80)),
        },
        'KILL',
      )
      await settle(part, outcome)
      await rename(`${tar}.partial.tar`, tar)
    }
    await settle(part, await store.importTar(tar, part.image, { signal }))
  }

  async function build(part: PlannedPart): Promise<void> {
    using step = activity.begin(`building ${part.name}`)
    await using context = openContext(join(cacheDir, 'tmp'), part.contextFiles, {
      withHostAuthorities: part.runsNpm,
    })
    const parents = Object.entries(part.parents).map(([arg, name]) => [arg, plan.part(name).image])
    const outcome = await store.build({
      folder: context.folder,
      image: part.image,
      args: { ...Object.fromEntries(parents), ...part.args },
      signal,
      onLine: (line) => {
        const at = /^Step (\d+)\/(\d+) : /.exec(line)
        if (at) step.detail(`step ${at[1]} of ${at[2]}`)
      },
    })
    await settle(part, outcome)
  }

  async function settle(part: PlannedPart, outcome: Outcome): Promise<void> {
    signal.throwIfAborted()
    const folder = join(cacheDir, 'logs')
    const logFile = join(folder, `build-${part.name}.log`)
    await mkdir(folder, { recursive: true })
    const output = `${outcome.stdout}\n${outcome.stderr.replace(BUILDER_NOTICE, '')}`
    await writeFile(logFile, output)
    if (!outcome.ok) throw diagnoseBuild(`the ${part.name} image`, output, logFile)
  }

  async function push(part: PlannedPart): Promise<void> {
    using step = activity.begin(`pushing ${part.name}`)
    const outcome = await store.push(part.image, { signal, env: login })
    signal.throwIfAborted()
    if (outcome.ok) {
      const digest = digestFor(part.repository, await digestsOf(part))
      if (digest !== undefined) await recordPushed(cacheDir, part, digest)
      return
    }
    step.detail('failed')
    const output = outcome.stdout + outcome.stderr
    if (/no space left/i.test(output)) throw diagnoseBuild(`the ${part.name} image`, output, '')
    throw new Failure(
      `The ${part.name} image could not be put into the loopback registry (${reasonOf('docker push', outcome)}).`,
      `Remove ${cacheDir}/registry, which is only a cache, and run this again.`,
    )
  }

  /**
   * @returns the image's repo digest, which the local Docker has from now on
   */
  async function publish(name: PartName): Promise<string> {
    await provide(name)
    const part = plan.part(name)
    const known = digestFor(part.repository, await digestsOf(part))
    if (known !== undefined) return known
    await pushes.run(signal, () => push(part))
    const digest = digestFor(part.repository, await digestsOf(part))
    if (digest !== undefined) return digest
    throw new Failure(
      `Docker gave the ${name} image no digest although it was pushed.`,
      'Run this again; if it stays so, restart Docker.',
    )
  }

  async function digestsOf(part: PlannedPart): Promise<string[]> {
    return (await store.findTags([part.image])).get(part.image) ?? []
  }

  return {
    publish,
    /** Pushes of shared layers that nobody waited for; they never fail a run. */
    finish: () => Promise.all(sharing),
  }
}
