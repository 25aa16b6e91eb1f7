/**
 * Uploads of the largest size, several at once: does the server's memory stay flat, and how many megabytes a second does it take, against
 * a server that only writes to disk? Run by `./medforge bench upload`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabase, readInstallation } from '../support/installation.ts'
import { signUp } from '../support/person.ts'
import { multipart, readSample, TITANIC } from '../support/submissions.ts'
import { describeMachine } from './machine.ts'
import { findPlatformProcesses } from './platform-processes.ts'
import { readCpuTime, readRssBytes } from './processes.ts'
import { conclude, formatFigure, times } from './report.ts'
import { percentile } from './statistics.ts'

const FILE_BYTES = 10 * 1024 * 1024
const ROWS = 418
const API = { host: '172.30.1.3', port: 8000 }
const SUBMISSIONS = '/var/lib/medforge/submissions'
const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    parallel: { type: 'string', default: '8' },
    files: { type: 'string', default: '96' },
  },
})
const parallel = Math.min(64, Math.max(1, Number(values.parallel)))
const files = Math.min(1000, Math.max(parallel * 2, Number(values.files)))
const installation = readInstallation()
await using db = openDatabase(installation)
await db.updateTable('competitions').set({ submission_cap_per_day: 10_000 }).execute()
// Each of their own: the server takes two files of a person at a time.
const people = await Promise.all(
  Array.from({ length: parallel }, (_, nth) => signUp(installation, `upload-${nth}`)),
)
const csv = makeFile()
const large = asUpload(csv)
const small = asUpload(await readSample(installation))
const { server } = await findPlatformProcesses()
if (server === undefined) throw new Error('The server does not run.')

const agent = new Agent({ keepAlive: true, maxSockets: parallel })
// Small files make the code warm and the heap as large as it collects at, and bring no memory of a large file along.
await sendMany(Math.max(400, parallel * 50), (lane) => send(targetOf(lane, small), small.body))
const before = readRssBytes(server)
const memory: [number[], number[]] = [[], []]
let half: 0 | 1 = 0
const watching = setInterval(() => memory[half].push(readRssBytes(server)), 50)
const cpuBefore = readCpuTime(server).used
const startedAt = performance.now()
await sendMany(files / 2, (lane) => send(targetOf(lane, large), large.body))
half = 1
await sendMany(files / 2, (lane) => send(targetOf(lane, large), large.body))
const ourSeconds = (performance.now() - startedAt) / 1000
clearInterval(watching)
const ourCpu = readCpuTime(server).used - cpuBefore

const bare = await measureBare()
const [first, second] = memory
const peak = Math.max(...first, ...second)
const median = (samples: number[]) => percentile(samples, 0.5)
const rate = (seconds: number) => (files * FILE_BYTES) / MIB / seconds

conclude('upload', {
  machine: await describeMachine(installation),
  tables: [
    {
      header: [
        `${files} files of 10 MiB, ${parallel} at once`,
        'MiB/s',
        'of the baseline',
        'processor time a file',
      ],
      rows: [
        [
          'MedForge: checked cell by cell, kept, queued',
          rate(ourSeconds).toFixed(1),
          times(rate(ourSeconds), rate(bare.seconds)),
          `${formatFigure((ourCpu / files) * 1000)} ms`,
        ],
        [
          'node:http to disk with hash and fsync',
          rate(bare.seconds).toFixed(1),
          '1.00×',
          `${formatFigure((bare.cpu / files) * 1000)} ms`,
        ],
      ],
    },
    {
      header: ['memory of the server', 'MiB'],
      rows: [
        ['after warming up with small files', (before / MIB).toFixed(0)],
        ['median of the first half', (median(first) / MIB).toFixed(0)],
        ['median of the second half', (median(second) / MIB).toFixed(0)],
        ['peak', (peak / MIB).toFixed(0)],
      ],
    },
  ],
  notes: [
    `${parallel} people, each with one file on its way at any time. Memory for each upload counts from after the warm-up, so also what stays.`,
    'Straight to the server without the edge, so that both ways are plain HTTP. Each upload answers after its score or ten seconds.',
    'The worker reads and checks every file once more, on the same cores.',
  ],
  figures: { files, parallel, ourSeconds, ourCpu, bare, before, memory },
  measured: {
    growthRatio: median(second) / median(first),
    perUploadMib: (peak - before) / MIB / parallel,
  },
})

function asUpload(content: string) {
  const { body, headers } = multipart(content)
  return { body: Buffer.from(body), headers }
}

function targetOf(lane: number, { headers }: { headers: Record<string, string> }): Target {
  const cookie = people[lane]?.cookie ?? ''
  const path = `/api/v1${TITANIC}/submissions`
  return { ...API, path, headers: { host: installation.apiHost, cookie, ...headers } }
}

/** A valid prediction of just the largest size: columns that nobody asked for fill it. */
function makeFile(): string {
  const header = 'PassengerId,Survived,notes\n'
  const width = Math.floor((FILE_BYTES - header.length) / ROWS) - 8
  const rows = Array.from({ length: ROWS }, (_, at) => `${892 + at},0,${'x'.repeat(width)}`)
  return `${header}${rows.join('\n')}\n`.slice(0, FILE_BYTES)
}

type Target = { host: string; port: number; path: string; headers: Record<string, string> }

function send(target: Target, content: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const headers = { ...target.headers, 'content-length': String(content.length) }
  const call = request({ ...target, headers, agent, method: 'POST' }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    response.on('end', () =>
      response.statusCode === 201
        ? resolve()
        : reject(new Error(`${response.statusCode} ${text.slice(0, 300)}`)),
    )
  })
  call.on('error', reject)
  call.end(content)
  return promise
}

async function sendMany(count: number, one: (lane: number) => Promise<void>): Promise<void> {
  let left = count
  const work = async (lane: number) => {
    for (; left > 0; ) {
      left -= 1
      await one(lane)
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, lane) => work(lane)))
}

/** On the same disk. */
async function measureBare(): Promise<{ seconds: number; cpu: number }> {
  const folder = await mkdtemp(join(SUBMISSIONS, 'bench-'))
  const program = new URL('./bare-upload.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const target = { host: '127.0.0.1', port: Number(String(line).trim()), path: '/', headers: {} }
    const content = Buffer.from(csv)
    await sendMany(parallel, () => send(target, content))
    const begun = performance.now()
    const cpu = readCpuTime(child.pid ?? 0).used
    await sendMany(files, () => send(target, content))
    const seconds = (performance.now() - begun) / 1000
    return { seconds, cpu: readCpuTime(child.pid ?? 0).used - cpu }
  } finally {
    child.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
