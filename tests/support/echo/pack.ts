import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toSqlTime } from '@medforge/db'
import { docker, eventually, type Installation, openDatabase, REPOSITORY } from '../installation.ts'

const REGISTRY = '127.0.0.1:5066'
const REPOSITORY_NAME = `${REGISTRY}/medforge-tests/echo`

/**
 * Add a pack whose container tells what reached it (`echo.mjs`), for questions that an IDE does not answer.
 *
 * The image gets a digest the way every image gets one: by a push, here to a registry that lives for that moment.
 *
 * @returns the pack's id, for `POST /sessions`
 */
export async function addEchoPack(installation: Installation): Promise<string> {
  const image = await publishEchoImage(installation)
  const [image_ref = '', image_digest = ''] = image.split('@')
  const id = randomUUID()
  await using db = openDatabase(installation)
  await db
    .insertInto('packs')
    .values({
      id,
      name: `echo-${id.slice(0, 8)}`,
      tier: 'public',
      image_ref,
      image_digest,
      created_at: toSqlTime(new Date()),
    })
    .execute()
  return id
}

/** Build the echo image on the platform's own API image (it has Node) and push it; `name@sha256:…`. */
export async function publishEchoImage(installation: Installation): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-echo-'))
  try {
    writeFileSync(
      join(folder, 'Dockerfile'),
      [
        `FROM ${installation.settings.API_IMAGE}`,
        'COPY echo.mjs /echo.mjs',
        'USER 1000:1000',
        'WORKDIR /',
        'ENTRYPOINT []',
        'CMD ["node", "/echo.mjs"]',
      ].join('\n'),
    )
    copyFileSync(join(REPOSITORY, 'tests/support/echo/echo.mjs'), join(folder, 'echo.mjs'))
    await docker('build', '--quiet', '--tag', `${REPOSITORY_NAME}:latest`, folder)
    await using _registry = await openRegistry(folder)
    await docker('push', `${REPOSITORY_NAME}:latest`)
    const digests = await docker(
      'image',
      'inspect',
      '--format',
      '{{join .RepoDigests "\\n"}}',
      `${REPOSITORY_NAME}:latest`,
    )
    const digest = digests.split('\n').find((line) => line.startsWith(`${REPOSITORY_NAME}@`))
    if (digest === undefined) throw new Error('The echo image got no digest.')
    return digest
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openRegistry(folder: string): Promise<AsyncDisposable> {
  const config = join(folder, 'registry.json')
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } }
  writeFileSync(config, JSON.stringify({ version: '0.1', storage, http: { addr: REGISTRY } }))
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  await eventually(
    async () => (await fetch(`http://${REGISTRY}/v2/`).catch(() => undefined))?.ok,
    'the registry for the echo image answers',
    { everyMs: 50 },
  )
  return {
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}
