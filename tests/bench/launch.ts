/**
 * How much slower is a launch than a bare container? Alternately: `POST /sessions` until the IDE answers through Caddy,
 * and `docker run` of the same image until its `/healthz` answers. Run by `./medforge bench launch`.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { docker, type Installation, readInstallation } from '../support/installation.ts'
import { type Person, signUp } from '../support/person.ts'
import { launch, stop, visit } from '../support/sessions.ts'
import { describeMachine } from './machine.ts'
import { formatTable, percentile } from './statistics.ts'

const TARGET_RATIO = 1.5
const POLL_MS = 10
const BARE_PORT = 18_080
const LIMIT_MS = 60_000

const { values } = parseArgs({ options: { samples: { type: 'string', default: '15' } } })
const samples = Math.min(200, Math.max(1, Number(values.samples)))
const installation = readInstallation()
const person = await signUp(installation, 'bench')

await measureLaunch(installation, person)
await measureBare(installation)
const launches: number[] = []
const bares: number[] = []
for (let index = 0; index < samples; index += 1) {
  launches.push(await measureLaunch(installation, person))
  bares.push(await measureBare(installation))
}

const ratio = percentile(launches, 0.5) / percentile(bares, 0.5)
const row = (name: string, times: number[]) => [
  name,
  String(times.length),
  ms(percentile(times, 0.5)),
  ms(percentile(times, 0.95)),
  ms(Math.min(...times)),
  ms(Math.max(...times)),
]
console.log(`${await describeMachine(installation)}\n`)
console.log(
  formatTable(
    ['way', 'n', 'p50', 'p95', 'min', 'max'],
    [
      row('POST /sessions to the IDE through Caddy', launches),
      row('docker run to /healthz', bares),
    ],
  ),
)
const verdict = ratio <= TARGET_RATIO ? 'met' : 'missed'
console.log(`\np50 ratio ${ratio.toFixed(2)} (target at most ${TARGET_RATIO}: ${verdict})`)
if (verdict === 'missed') process.exitCode = 1

/** Milliseconds from the click to the IDE's first answer at its public address. */
async function measureLaunch(where: Installation, who: Person): Promise<number> {
  const startedAt = performance.now()
  const session = await launch(who)
  const page = await visit(where, session.slug, who, '/healthz')
  const elapsed = performance.now() - startedAt
  if (page.status !== 200) throw new Error(`The IDE answered ${page.status}.`)
  await stop(who, session)
  return elapsed
}

/** Milliseconds from `docker run` to the first answer of the same IDE, with nothing around it. */
async function measureBare(where: Installation): Promise<number> {
  const name = `bench-bare-${randomBytes(4).toString('hex')}`
  const startedAt = performance.now()
  try {
    const ports = ['--publish', `127.0.0.1:${BARE_PORT}:8080`]
    await docker('run', '--detach', '--name', name, ...ports, where.settings.PACK_IMAGE ?? '')
    while (!(await answers())) {
      if (performance.now() - startedAt > LIMIT_MS) throw new Error('The bare container is mute.')
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return performance.now() - startedAt
  } finally {
    await docker('rm', '--force', '--volumes', name)
  }
}

async function answers(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${BARE_PORT}/healthz`).catch(() => undefined)
  await response?.arrayBuffer().catch(() => undefined)
  return response?.ok ?? false
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
