import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createActivity } from '@medforge/cli/images/activity.ts'
import { createBuilder } from '@medforge/cli/images/builder.ts'
import { createImageStore } from '@medforge/cli/images/docker.ts'
import type { PlannedPart } from '@medforge/cli/images/plan.ts'
import { openRegistry, type Registry } from '@medforge/cli/images/registry.ts'
import { LOCAL_REGISTRY } from '@medforge/cli/names.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

/* The loopback registry with the real docker program, and what is pulled from it. */

const REPOSITORY = `${LOCAL_REGISTRY}medforge/registry-test`
const cacheDir = mkdtempSync(join(tmpdir(), 'medforge-cache-'))
const signal = AbortSignal.timeout(5 * 60_000)
const store = createImageStore()
let registry: Registry

beforeAll(async () => {
  registry = await openRegistry(cacheDir, join(cacheDir, 'registry.log'))
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  forget()
  rmSync(cacheDir, { recursive: true, force: true })
})

function forget(): void {
  const ids = execFileSync('docker', ['images', '--quiet', '--no-trunc', REPOSITORY], {
    encoding: 'utf8',
  })
  const left = new Set(ids.split('\n').filter(Boolean))
  if (left.size > 0) execFileSync('docker', ['rmi', '--force', ...left], { stdio: 'ignore' })
}

/** An image under the part's tag with one file in it, which says what it is. */
function make(image: string, content: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-image-'))
  writeFileSync(join(folder, 'content'), content)
  const script = 'tar c -C "$1" . | docker import - "$2"'
  execFileSync('sh', ['-c', script, 'sh', folder, image], { stdio: 'ignore' })
  rmSync(folder, { recursive: true })
}

function contentOf(image: string): string {
  const script =
    'id=$(docker create "$1" none) && docker cp "$id":/content - | tar xO && docker rm "$id" >/dev/null'
  return execFileSync('sh', ['-c', script, 'sh', image], { encoding: 'utf8' })
}

function builderOf(part: Partial<PlannedPart>, present: readonly string[]) {
  const planned = { name: 'db', repository: REPOSITORY, parents: {}, isShared: false, ...part }
  const plan = { part: () => planned as PlannedPart, withParents: () => [planned as PlannedPart] }
  const { login } = registry
  const activity = createActivity(() => {})
  return createBuilder({
    ...{ root: cacheDir, cacheDir, plan, store, login, activity, signal },
    present: new Set(present),
  })
}

test.for([
  ['GET', '/v2/'],
  ['POST', '/v2/medforge/pack/blobs/uploads/'],
  ['PUT', '/v2/medforge/pack/manifests/somebodys'],
])('answers %s %s of whoever lacks its secret with 401', async ([method = '', path = '']) => {
  for (const headers of [{}, { authorization: `Basic ${btoa('medforge:loopback')}` }]) {
    const response = await fetch(`http://${LOCAL_REGISTRY.replace('/', '')}${path}`, {
      method,
      headers,
    })
    expect(response.status).toBe(401)
  }
})

test('keeps its secret where nobody else can look', () => {
  expect(statSync(registry.login.DOCKER_CONFIG ?? '').mode & 0o777).toBe(0o700)
})

test('is used without a word in the configuration of whoever runs ./medforge up', async () => {
  make(`${REPOSITORY}:plain`, 'plain')
  expect(await store.push(`${REPOSITORY}:plain`, { signal })).toMatchObject({ ok: false })
  const pushed = await store.push(`${REPOSITORY}:plain`, { signal, env: registry.login })
  expect(pushed).toMatchObject({ ok: true })
})

test('a part comes back by the digest of its push, whatever its tag in the registry names by now', async () => {
  const part = { tag: 'part', image: `${REPOSITORY}:part` }
  make(part.image, 'ours')
  const digest = await builderOf(part, [part.image]).publish('db')
  make(part.image, 'somebody else’s')
  await store.push(part.image, { signal, env: registry.login })
  forget()
  expect(await builderOf(part, []).publish('db')).toBe(digest)
  expect(contentOf(digest)).toBe('ours')
  expect(contentOf(part.image)).toBe('ours')
})

test('a tag that this host did not push is not pulled', async () => {
  const part = { tag: 'foreign', image: `${REPOSITORY}:foreign` }
  make(part.image, 'foreign')
  await store.push(part.image, { signal, env: registry.login })
  forget()
  // There is nothing to build it from either.
  await expect(builderOf({ ...part, contextFiles: [] }, []).publish('db')).rejects.toThrow()
  expect((await store.findTags([part.image])).size).toBe(0)
})
