import { type Outcome, type RunOptions, run } from '../process.ts'

const MINUTE_MS = 60_000
/** Longer than any build or push has taken on the slowest host we know, by an order of size. */
const LONG_MS = 45 * MINUTE_MS

/** The classic builder is in every Docker from 20.10 on and needs no plugin; its notice about that is not for the operator. */
const BUILDER_ENV = { DOCKER_BUILDKIT: '0', DOCKER_CLI_HINTS: 'false' }

/** Handed to builds as this process has them; Docker leaves out those that are not set, and neither keeps nor hashes them. */
const PROXY_SETTINGS = ['http_proxy', 'https_proxy', 'no_proxy']

/** What this module asks of Docker. Local names only mean the server at the default socket. */
export type ImageStore = {
  /** Repo digests by `repository:tag`; tags that the server does not have are absent. */
  findTags(tags: readonly string[]): Promise<Map<string, string[]>>
  /** Whether the server has this reference, however it spells it. */
  has(reference: string): Promise<boolean>
  rootDirectory(): Promise<string>
  build(job: BuildJob): Promise<Outcome>
  importTar(tar: string, image: string, options: RunOptions): Promise<Outcome>
  pull(image: string, options: RunOptions): Promise<Outcome>
  push(image: string, options: RunOptions): Promise<Outcome>
  /** Give what a reference names another name. */
  tag(reference: string, image: string): Promise<Outcome>
}

export type BuildJob = RunOptions & { folder: string; image: string; args: Record<string, string> }

export function createImageStore(): ImageStore {
  return {
    async findTags(tags) {
      const found = new Map<string, string[]>()
      if (tags.length === 0) return found
      const format = '{{json .RepoTags}}\t{{json .RepoDigests}}'
      // Tags that are missing are told on stderr and in the exit code; the others are printed all the same.
      const outcome = await run('docker', ['image', 'inspect', '--format', format, ...tags])
      for (const line of outcome.stdout.split('\n')) {
        const [repoTags, repoDigests] = line.split('\t')
        if (repoTags === undefined || repoDigests === undefined) continue
        for (const tag of JSON.parse(repoTags) ?? []) {
          if (tags.includes(tag)) found.set(tag, JSON.parse(repoDigests) ?? [])
        }
      }
      return found
    },
    has: async (reference) => (await run('docker', ['image', 'inspect', reference])).ok,
    async rootDirectory() {
      const info = await run('docker', ['info', '--format', '{{.DockerRootDir}}'])
      return info.stdout.trim() || '/var/lib/docker'
    },
    build: ({ folder, image, args, ...options }) =>
      long(
        'docker',
        [
          'build',
          '--force-rm',
          '--network=host',
          ...PROXY_SETTINGS.flatMap((name) => ['--build-arg', name]),
          ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
          '--tag',
          image,
          folder,
        ],
        { ...options, env: BUILDER_ENV },
      ),
    importTar: (tar, image, options) => long('docker', ['import', tar, image], options),
    pull: (image, options) => long('docker', ['pull', image], options),
    push: (image, options) => long('docker', ['push', image], options),
    tag: (reference, image) => run('docker', ['tag', reference, image]),
  }
}

/**
 * Run a program that takes minutes, and that ends with this process however this process ends (kill -9 too).
 *
 * @param deathSignal what it gets then; a program that does not end its own children on TERM wants KILL
 */
export function long(
  file: string,
  args: string[],
  options: RunOptions,
  deathSignal: 'TERM' | 'KILL' = 'TERM',
): Promise<Outcome> {
  const wrapped = ['--pdeathsig', deathSignal, file, ...args]
  return run('setpriv', wrapped, { timeoutMs: LONG_MS, ...options })
}
