import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SESSION_PORT } from '@medforge/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contains, markersOf } from '../support/holdout-markers.ts'
import { ask } from '../support/https.ts'
import { docker, inContainer, readInstallation, runOnHost } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, stop } from '../support/sessions.ts'
import { flip, multipart, readSample, TITANIC, upload } from '../support/submissions.ts'
import { contentOf, MATRIX } from './matrix.ts'

const HIDDEN = '/var/lib/medforge/competitions/hidden'
const SEED_FILE = '/var/lib/medforge/competitions/holdout-seed'
const WORKER = 'medforge-api-worker'
const PLATFORM = ['medforge-api', 'medforge-web', 'medforge-caddy', 'medforge-db']
const SLUGS = ['titanic-survival', 'rsna-pneumonia-detection', 'cifar-100-classification']

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

/** Texts that stand in no place but the holdouts: rows and labels, salts, hashes of labels, the seed of the demos. */
function readMarkers(): string[] {
  const ofFiles = listHoldouts().flatMap(({ labels, manifest }) => {
    const { salt, holdout_sha256 } = JSON.parse(readFileSync(manifest, 'utf8'))
    return [salt, holdout_sha256, ...markersOf(readFileSync(labels, 'utf8'))]
  })
  return [...ofFiles, readFileSync(SEED_FILE, 'utf8').trim()]
}

function expectNoMarker(text: string, where: string): void {
  for (const marker of markers) {
    if (contains(text, marker)) throw new Error(`${where} tells a holdout.`)
  }
}

let markers: string[]
let ann: Person
let sample: string
let container: string
let sessionId: string

beforeAll(async () => {
  markers = readMarkers()
  ann = await signUp(installation, 'curious')
  const session = await launch(ann)
  sessionId = session.id
  container = `mf-session-${session.slug}`
  sample = await readSample(installation)
  expect((await upload(ann, flip(sample, 7))).status).toBe(201)
  expect((await upload(ann, 'PassengerId,Survived\n892,maybe\n')).status).toBe(422)
})

afterAll(async () => {
  await stop(ann, { id: sessionId } as Parameters<typeof stop>[1])
})

describe('a holdout', () => {
  test('is something to look for on this host', () => {
    expect(markers.length).toBeGreaterThanOrEqual(SLUGS.length * 10)
    for (const marker of markers) expect(marker.length).toBeGreaterThanOrEqual(20)
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
    // The scorer for one's own labels has the rules, and no label.
    expect(await inContainer(container, 'sh', '-c', find)).toBe(
      '/opt/medforge-score/src/holdout-rules.ts\n',
    )
    expect(
      await inContainer(container, 'sh', '-c', 'ls /var/lib/medforge /tank 2>&1; true'),
    ).toMatch(/No such file.*\n.*No such file/)
    expect(await inContainer(container, 'cat', '/proc/self/mountinfo')).not.toMatch(
      /competitions|submissions/,
    )
    expectNoMarker(await inContainer(container, 'env'), 'The environment of a session')
  })

  test('is in no answer of the API, whatever a participant asks', async () => {
    const asked = Object.entries(MATRIX).filter(([name]) => !name.endsWith('/events'))
    expect(asked.length).toBeGreaterThan(40)
    for (const [name, how] of asked) {
      const [method = '', route = ''] = name.split(' ')
      for (const path of new Set(SLUGS.map((slug) => fill(route, slug)))) {
        // What ends a login is asked by somebody who needs it no more.
        const person = how.needs === 'own login' ? await signUp(installation, 'brief') : ann
        for (const who of [undefined, person]) {
          const content = contentOf(how, who, sample)
          const answer = await ask({ host: installation.apiHost, method, path, ...content })
          expectNoMarker(JSON.stringify(answer.headers) + answer.text, `${method} ${path}`)
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

  test('is in no word about a faulty file, whether it is uploaded or only checked', async () => {
    const [header = '', ...rows] = sample.trim().split('\n')
    const faulty = {
      'a label too many': sample.replaceAll(',0', ',2'),
      'no label': sample.replaceAll(/,[01]$/gm, ','),
      'half of the rows': [header, ...rows.slice(200)].join('\n'),
      'every row twice': [header, ...rows, ...rows].join('\n'),
      'ids of nobody': sample.replaceAll(/^\d/gm, '7$&'),
      'another header': sample.replace('Survived', 'survived'),
      'labels in words': sample.replaceAll(/,[01]$/gm, ',yes'),
      'numbers that are none': sample.replaceAll(/,[01]$/gm, ',nan'),
      'nothing but a header': header,
      'no CSV': '{"holdout": true}',
      nothing: '',
    }
    const places = SLUGS.flatMap((slug) =>
      ['submissions', 'submissions/validate'].map((end) => `/competitions/${slug}/${end}`),
    )
    for (const [nth, path] of places.entries()) {
      // Checks are limited by person.
      const person = await signUp(installation, `faulty-${nth}`)
      for (const [what, file] of Object.entries(faulty)) {
        const answer = await person.api('POST', path, multipart(file))
        const isRefused = path.endsWith('validate') ? [200, 422] : [422]
        expect(isRefused, `${path}: ${what}: ${answer.text}`).toContain(answer.status)
        expectNoMarker(JSON.stringify(answer.headers) + answer.text, `${path}: ${what}`)
        expect(answer.text).not.toMatch(/\/var\/lib|holdout_labels/)
      }
    }
  })

  test('is behind no connection that a session can make', async () => {
    const [worker] = await inspect(WORKER)
    // The worker listens nowhere: somebody in its place would have to be reached.
    const listen = "require('node:net').createServer().listen(3999, () => console.log('ready'))"
    const namespace = ['--target', String(worker?.State.Pid), '--net']
    const listener = spawn('nsenter', [...namespace, process.execPath, '-e', listen])
    try {
      await once(listener.stdout, 'data')
      expect(await connect('127.0.0.1', SESSION_PORT), 'itself').toBe('connected')
      for (const [address, port] of [
        ['172.30.1.4', 3999],
        ['172.30.1.5', 3306],
        ['172.30.1.3', 8000],
        ['172.30.0.1', 5055],
        ['medforge-db', 3306],
        [WORKER, 3999],
      ] as const) {
        expect(await connect(address, port), `${address}:${port}`).toBe('failed')
      }
    } finally {
      listener.kill()
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
    const words = markers.filter((marker) => /^[0-9a-f]{32,}$/.test(marker))
    const patterns = words.flatMap((word) => ['-e', word])
    const kinds = ['json', 'csv', 'txt', 'ts', 'js', 'mjs', 'env', 'sql', 'log', 'md', 'sh']
    const search = ['-rlIF', ...kinds.map((kind) => `--include=*.${kind}`), ...patterns]
    for (const layer of layers) {
      const hits = await runOnHost('sh', '-c', 'grep "$@"; test $? = 1', 'sh', ...search, layer)
      expect(hits).toBe('')
    }
  }, 300_000)
})

/** Whether a session gets a TCP connection. */
async function connect(host: string, port: number): Promise<string> {
  const attempt = `timeout 2 bash -c '</dev/tcp/${host}/${port}' 2>/dev/null && echo connected || echo failed`
  return (await inContainer(container, 'bash', '-c', attempt)).trim()
}

function fill(route: string, slug: string): string {
  return route
    .replace('{slug}', slug)
    .replace(/\{[a-z_]+\}/g, '00000000-0000-4000-8000-000000000000')
}
