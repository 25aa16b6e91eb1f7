import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readEnvironment } from '../config/env.ts'
import { Failure } from '../failure.ts'
import { checkPorts } from '../host/ports.ts'
import { REGISTRY_PORT } from '../names.ts'
import { runOrFail, waitFor } from '../process.ts'

const URL_V2 = `http://127.0.0.1:${REGISTRY_PORT}/v2/`

/**
 * The loopback registry that gives local images a digest, alive until disposed. It ends with this process, kill -9 included. Whoever else is
 * on this host, or in a build, lacks the secret that it asks for, which is made anew each time.
 */
export type Registry = AsyncDisposable & {
  /** The environment in which the docker program logs in to it. */
  login: Record<string, string>
}

/** Where the registry keeps its blobs: a cache, so that a second Docker server can pull what the first one built. */
export function registryFolder(cacheDir: string): string {
  return join(cacheDir, 'registry')
}

type StoredPart = { repository: string; tag: string }

/**
 * The repo digest under which this host pushed a part, if the storage still has it; told from files, so that the registry need not run. What a
 * tag of the registry names is never asked.
 */
export function findPushed(cacheDir: string, part: StoredPart): string | undefined {
  const file = recordOf(cacheDir, part)
  if (!existsSync(file)) return undefined
  const reference = readFileSync(file, 'utf8')
  const [repository = '', digest = ''] = reference.split('@sha256:')
  const name = repository.slice(repository.indexOf('/') + 1)
  const repositories = join(registryFolder(cacheDir), 'docker/registry/v2/repositories')
  const manifest = join(repositories, name, '_manifests/revisions/sha256', digest, 'link')
  return existsSync(manifest) ? reference : undefined
}

/** @param reference  the repo digest that Docker computed when it pushed the part */
export async function recordPushed(
  cacheDir: string,
  part: StoredPart,
  reference: string,
): Promise<void> {
  const file = recordOf(cacheDir, part)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, reference)
  await rename(`${file}.new`, file)
}

function recordOf(cacheDir: string, { repository, tag }: StoredPart): string {
  return join(cacheDir, 'pushed', basename(repository), tag)
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
  await mkdir(registryFolder(cacheDir), { recursive: true })
  const access = await makeAccess(cacheDir)
  const configFile = join(access.folder, 'registry.json')
  const config = configuration(cacheDir, access)
  await writeFile(configFile, JSON.stringify(config, undefined, 2))

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
      const headers = { authorization: `Basic ${access.basic}` }
      const response = await fetch(URL_V2, { headers }).catch(() => undefined)
      return response?.ok ? true : undefined
    },
    { timeoutMs: 20_000, everyMs: 50 },
  )
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(access.folder, { recursive: true, force: true })
  }
  if (answers === true) {
    return { login: { DOCKER_CONFIG: access.folder }, [Symbol.asyncDispose]: close }
  }
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

type Access = { folder: string; secret: string; basic: string; htpasswd: string }

/** A new secret, in a folder that only root can open: as docker's configuration, and hashed for the registry. */
async function makeAccess(cacheDir: string): Promise<Access> {
  const folder = join(cacheDir, 'registry-access')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  const secret = randomBytes(24).toString('base64url')
  const basic = Buffer.from(`medforge:${secret}`).toString('base64')
  const htpasswd = join(folder, 'htpasswd')
  // The registry takes bcrypt alone, which Node lacks and the C library has.
  const salt = `$2y$05$${randomBytes(17).toString('base64url').replace(/[-_]/g, '.').slice(0, 22)}`
  const hashed = await runOrFail(
    'perl',
    ['-e', 'print crypt(<STDIN>, shift)', salt],
    { message: 'The registry got no secret', remedy: 'Install the package perl-base.' },
    { input: secret },
  )
  await writeFile(htpasswd, `medforge:${hashed.stdout}\n`)
  const auths = { [`127.0.0.1:${REGISTRY_PORT}`]: { auth: basic } }
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }))
  return { folder, secret, basic, htpasswd }
}

function configuration(cacheDir: string, { secret, htpasswd }: Access) {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: registryFolder(cacheDir) },
      maintenance: { uploadpurging: { enabled: false } },
    },
    auth: { htpasswd: { realm: 'medforge', path: htpasswd } },
    http: { addr: `127.0.0.1:${REGISTRY_PORT}`, secret },
  }
}
