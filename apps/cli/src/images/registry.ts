import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { checkPorts } from '../host/ports.ts'
import { REGISTRY_PORT } from '../names.ts'
import { waitFor } from '../process.ts'

/** The loopback registry that gives local images a digest, alive until disposed. It ends with this process, kill -9 included. */
export type Registry = AsyncDisposable

/** Where the registry keeps its blobs: a cache, so that a second Docker server can pull what the first one built. */
export function registryFolder(cacheDir: string): string {
  return join(cacheDir, 'registry')
}

/** Whether the storage holds this tag, told from its files, so that the registry need not run. */
export function hasStoredTag(cacheDir: string, repository: string, tag: string): boolean {
  const name = repository.slice(repository.indexOf('/') + 1)
  return existsSync(
    join(
      registryFolder(cacheDir),
      'docker/registry/v2/repositories',
      name,
      '_manifests/tags',
      tag,
      'current/link',
    ),
  )
}

/** @throws Failure when the port is someone else's, or the registry does not start */
export async function openRegistry(cacheDir: string, logFile: string): Promise<Registry> {
  await checkPorts([
    {
      port: REGISTRY_PORT,
      address: '127.0.0.1',
      what: 'the loopback registry that gives images their digests',
      mine: () => false,
      remedy: 'Stop that program, then run this again.',
    },
  ])
  await sweepUploads(cacheDir)
  const configFile = join(cacheDir, 'registry.json')
  await mkdir(registryFolder(cacheDir), { recursive: true })
  await writeFile(configFile, JSON.stringify(configuration(cacheDir), undefined, 2))

  const log = openSync(logFile, 'a')
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'docker-registry', 'serve', configFile], {
    env: readEnvironment().child,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  let hasEnded = false
  const ended = once(child, 'exit').then(
    () => {
      hasEnded = true
    },
    () => {
      hasEnded = true
    },
  )
  const answers = await waitFor(
    async () => {
      if (hasEnded) return false
      const response = await fetch(`http://127.0.0.1:${REGISTRY_PORT}/v2/`).catch(() => undefined)
      return response?.ok ? true : undefined
    },
    { timeoutMs: 20_000, everyMs: 50 },
  )
  const close = async () => {
    child.kill('SIGTERM')
    await ended
  }
  if (answers === true) return { [Symbol.asyncDispose]: close }
  if (!hasEnded) await close()
  throw new Failure(
    'The loopback registry (docker-registry) did not start.',
    `Its last words are in ${logFile}.`,
  )
}

/** Removes what a killed push left half-written; nobody else writes while the images' lock is held. */
async function sweepUploads(cacheDir: string): Promise<void> {
  const repositories = join(registryFolder(cacheDir), 'docker/registry/v2/repositories/medforge')
  if (!existsSync(repositories)) return
  for (const name of await readdir(repositories)) {
    await rm(join(repositories, name, '_uploads'), { recursive: true, force: true })
  }
}

function configuration(cacheDir: string) {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: registryFolder(cacheDir) },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${REGISTRY_PORT}`, secret: 'loopback' },
  }
}
