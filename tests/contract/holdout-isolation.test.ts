import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/https.ts'
import { docker, inContainer, readInstallation, runOnHost } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { flip, readSample, TITANIC, upload } from '../support/submissions.ts'

const HIDDEN = '/var/lib/medforge/competitions/hidden'
const SEED_FILE = '/var/lib/medforge/competitions/holdout-seed'
const WORKER = 'medforge-api-worker'
const PLATFORM = ['medforge-api', 'medforge-web', 'medforge-caddy', 'medforge-db']
const SLUGS = ['titanic-survival', 'rsna-pneumonia-detection', 'cifar-100-classification']
// Long enough that no honest answer has it by chance.
const ROWS_OF_A_MARKER = 24

const installation = readInstallation()

type Inspected = {
  Name: string
  State: { Pid: number }
  Mounts: { Source: string; Destination: string; RW: boolean }[]
}

async function inspect(...names: string[]): Promise<Inspected[]> {
  return JSON.parse(await docker('inspect', ...names))
}

/** Every holdout that lies on this host. */
function listHoldouts(): { labels: string; manifest: string }[] {
  return SLUGS.flatMap((slug) =>
    readdirSync(join(HIDDEN, slug), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => ({
        labels: join(HIDDEN, slug, name, 'holdout_labels.csv'),
        manifest: join(HIDDEN, slug, name, 'manifest.json'),
      })),
  )
}

/** Texts that stand in no place but the holdouts: runs of labels, salts, hashes of labels, the seed of the demos. */
function readMarkers(): string[] {
  const ofFiles = listHoldouts().flatMap(({ labels, manifest }) => {
    const { salt, holdout_sha256 } = JSON.parse(readFileSync(manifest, 'utf8'))
    const lines = readFileSync(labels, 'utf8').split('\n')
    const run = lines.slice(100, 100 + ROWS_OF_A_MARKER)
    return [
      salt,
      holdout_sha256,
      run.join('\n'),
      run.map((line) => line.split(',').at(-1)).join(''),
    ]
  })
  // The labels of boxes run together are mostly empty: too short to mean anything.
  return [...ofFiles, readFileSync(SEED_FILE, 'utf8').trim()].filter((text) => text.length >= 20)
}

function expectNoMarker(text: string, where: string): void {
  for (const marker of readMarkers()) {
    if (text.includes(marker)) throw new Error(`${where} tells a holdout.`)
  }
}

let ann: Person
let container: string
let sessionId: string

beforeAll(async () => {
  ann = await signUp(installation, 'curious')
  const session = await launch(ann)
  sessionId = session.id
  container = `mf-session-${session.slug}`
  const sample = await readSample(installation)
  expect((await upload(ann, flip(sample, 7))).status).toBe(201)
  expect((await upload(ann, 'PassengerId,Survived\n892,maybe\n')).status).toBe(422)
})

afterAll(async () => {
  await stop(ann, { id: sessionId } as Parameters<typeof stop>[1])
})

describe('a holdout', () => {
  test('is something to look for on this host', () => {
    expect(readMarkers().length).toBeGreaterThanOrEqual(10)
  })

  test('is mounted into the worker alone, to be read only', async () => {
    const names = (await docker('ps', '--all', '--quiet')).trim().split('\n')
    const touching = (await inspect(...names)).flatMap(({ Name, Mounts }) =>
      Mounts.filter(
        ({ Source }) =>
          `${HIDDEN}/`.startsWith(`${Source.replace(/\/$/, '')}/`) || Source.startsWith(HIDDEN),
      ).map(({ RW }) => ({ Name, RW })),
    )
    expect(touching).toEqual([{ Name: `/${WORKER}`, RW: false }])
  })

  test('is a file that the server’s user and everybody else’s may not open', async () => {
    for (const { labels, manifest } of listHoldouts()) {
      for (const file of [labels, manifest]) {
        expect(statSync(file)).toMatchObject({ uid: 0, gid: 10002 })
        expect(statSync(file).mode & 0o777).toBe(0o640)
        for (const uid of ['10001', '10003', '10004', '10005', '1000']) {
          const identity = ['--reuid', uid, '--regid', uid, '--clear-groups']
          await expect(runOnHost('setpriv', ...identity, 'cat', file)).rejects.toThrow('denied')
        }
      }
    }
    expect(statSync(SEED_FILE).mode & 0o077).toBe(0)
  })

  test('does not exist in any other container, not even for its root', async () => {
    for (const { Name, State } of await inspect(...PLATFORM, container)) {
      const root = `/proc/${State.Pid}/root`
      expect(existsSync(`${root}/etc`), Name).toBe(true)
      for (const path of [HIDDEN, SEED_FILE]) expect(existsSync(root + path), Name).toBe(false)
    }
  })

  test('cannot be found from inside a session', async () => {
    const find =
      "find / -xdev \\( -name 'holdout*' -o -path '*competitions/hidden*' \\) 2>/dev/null; true"
    expect(await inContainer(container, 'sh', '-c', find)).toBe('')
    expect(
      await inContainer(container, 'sh', '-c', 'ls /var/lib/medforge /tank 2>&1; true'),
    ).toMatch(/No such file.*\n.*No such file/)
    expect(await inContainer(container, 'cat', '/proc/self/mountinfo')).not.toMatch(
      /competitions|submissions/,
    )
    expectNoMarker(await inContainer(container, 'env'), 'The environment of a session')
  })

  test('is in no answer of the API, whatever a participant asks', async () => {
    const routes = await readGetRoutes()
    expect(routes.length).toBeGreaterThan(10)
    for (const route of routes) {
      for (const path of new Set(SLUGS.map((slug) => fill(route, slug)))) {
        for (const headers of [{}, { cookie: ann.cookie }]) {
          const answer = await ask({ host: installation.apiHost, path, headers })
          expectNoMarker(JSON.stringify(answer.headers) + answer.text, `GET ${path}`)
        }
      }
    }
    const tries = [
      `${TITANIC}/holdout`,
      `${TITANIC}/holdout_labels.csv`,
      `${TITANIC}/sample-submission/../../../hidden/titanic-survival/current`,
      `/competitions/..%2f..%2fhidden/sample-submission`,
      `/datasets/..%2f..%2fhidden`,
    ]
    for (const path of tries) {
      const answer = await ann.api('GET', path)
      expect(answer.status, path).toBeGreaterThanOrEqual(400)
      expectNoMarker(answer.text, path)
    }
  })

  test('is in no log', async () => {
    for (const name of [...PLATFORM, WORKER, container]) {
      expectNoMarker(await runOnHost('sh', '-c', `docker logs ${name} 2>&1`), `The log of ${name}`)
    }
    for (const file of readdirSync('/var/log/medforge', { withFileTypes: true })) {
      if (!file.isFile()) continue
      const path = join(file.parentPath, file.name)
      expectNoMarker(readFileSync(path, 'utf8'), path)
    }
  })

  test('is in no layer of an image', async () => {
    const images = (await docker('images', '--quiet', '--no-trunc')).trim().split('\n')
    const layers = new Set<string>()
    for (const image of new Set(images)) {
      const data = await docker('image', 'inspect', '--format', '{{json .GraphDriver.Data}}', image)
      const { LowerDir = '', UpperDir = '' } = JSON.parse(data)
      for (const layer of [...LowerDir.split(':'), UpperDir]) if (layer) layers.add(layer)
    }
    expect(layers.size).toBeGreaterThan(3)
    const found = await runOnHost(
      'find',
      ...layers,
      ...['(', '-name', 'holdout_labels*', '-o', '-name', 'holdout-seed*', ')'],
    )
    expect(found).toBe('')
    // What of a holdout could be in a text file under another name: its salts, hashes and seed.
    const words = readMarkers().filter((marker) => /^[0-9a-f]{32,}$/.test(marker))
    const patterns = words.flatMap((word) => ['-e', word])
    const kinds = ['json', 'csv', 'txt', 'ts', 'js', 'mjs', 'env', 'sql', 'log', 'md', 'sh']
    const search = ['-rlIF', ...kinds.map((kind) => `--include=*.${kind}`), ...patterns, ...layers]
    const hits = await runOnHost('sh', '-c', 'grep "$@"; test $? = 1', 'sh', ...search)
    expect(hits).toBe('')
  }, 300_000)
})

async function readGetRoutes(): Promise<string[]> {
  const answer = await ask({ host: installation.apiHost, path: '/openapi.json' })
  const { paths } = answer.json() as { paths: Record<string, { get?: object }> }
  return Object.entries(paths)
    .filter(([path, operations]) => operations.get && !/events|stream/.test(path))
    .map(([path]) => path)
}

function fill(route: string, slug: string): string {
  return route
    .replace('{slug}', slug)
    .replace(/\{[a-z_]+\}/g, '00000000-0000-4000-8000-000000000000')
}
