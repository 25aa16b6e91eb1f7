import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { Health } from '@medforge/contracts'
import { Failure } from '../failure.ts'
import { SYSTEM_BUNDLE } from '../host/trust.ts'
import { SERVICES, type ServiceName } from '../names.ts'
import { waitFor } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import { inspectPlatform } from './containers.ts'
import { createCrashWatch, describeUnsteady, isSteady } from './crash-loops.ts'

export type HttpsAnswer = { status: number; body: string }

/**
 * One GET with the certificate verified against the system's trust store as it is now. (Node reads that store once, at
 * start, so a root installed since then would be missed.)
 *
 * @param address  dial this address instead of resolving the name; the certificate is still checked for the name
 */
export function getVerified(url: string, address?: string): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        ca: readFileSync(SYSTEM_BUNDLE, 'utf8'),
        timeout: 5_000,
        agent: false,
        ...(address === undefined
          ? {}
          : {
              host: address,
              servername: new URL(url).hostname,
              headers: { host: new URL(url).host },
            }),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        })
        response.on('error', reject)
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')))
    call.on('error', reject)
    call.end()
  })
}

/** `detail` is fit for one line; `warnings` is what only the operator can end, where nothing else is wrong. */
export type PlatformHealth = { ok: boolean; detail: string; warnings?: string[] }

const healthUrl = (domain: string) => `https://api.medforge.${domain}/healthz`

/**
 * What `/healthz` answers through the edge.
 *
 * @throws Error when nothing answers
 */
export async function readHealth(domain: string): Promise<PlatformHealth> {
  const { status, body } = await getVerified(healthUrl(domain))
  return judgeHealth(status, body)
}

export function judgeHealth(status: number, body: string): PlatformHealth {
  const ok = status === 200
  try {
    const { data, detail } = JSON.parse(body) as { data?: Health; detail?: string }
    if (data) {
      const { reasons = [], operator_reasons: operators = [] } = data
      const isWarning = reasons.length > 0 && reasons.every((reason) => operators.includes(reason))
      return {
        ok,
        detail: [data.status, ...reasons].join('; '),
        ...(isWarning ? { warnings: operators } : {}),
      }
    }
    if (detail) return { ok, detail }
  } catch {
    // no JSON: the status has to do
  }
  return { ok, detail: `status ${status}` }
}

/**
 * Wait until the API, asked as a browser asks it, says that it is healthy, or that only the operator can end what is wrong.
 *
 * @returns what is wrong nevertheless
 * @throws Failure with the API's own reasons, or with the container that is not up, within seconds where it crashes in a loop
 */
export async function waitForHealthz(domain: string, progress: Progress): Promise<string[]> {
  const url = healthUrl(domain)
  const refuseCrashLoops = createCrashWatch()
  let last = 'it did not answer'
  const warnings = await waitFor(
    async () => {
      try {
        const health = await readHealth(domain)
        if (health.ok) return []
        if (health.warnings) return health.warnings
        last = health.detail
      } catch (error) {
        last = error instanceof Error ? error.message : String(error)
      }
      progress.detail(`waiting for ${url}: ${last}`)
      await refuseCrashLoops()
      return undefined
    },
    { timeoutMs: 120_000, everyMs: 300 },
  )
  if (warnings) return warnings
  await checkContainers()
  throw new Failure(
    `The platform did not become healthy: ${url} answers ${last.replace(/\.$/, '')}.`,
    'Run ./medforge doctor, which names what is missing, or read ./medforge logs api.',
  )
}

/**
 * Every container runs and stays up; one that was restarted lately gets a moment to show which it is.
 *
 * @throws Failure naming the first that does not, with its last line
 */
export async function checkContainers(): Promise<void> {
  let unsteady: ServiceName | undefined
  const steady = await waitFor(
    async () => {
      const facts = await inspectPlatform()
      unsteady = SERVICES.find((service) => !isSteady(facts.get(service), Date.now()))
      return unsteady === undefined ? true : undefined
    },
    { timeoutMs: 15_000, everyMs: 500 },
  )
  if (steady || unsteady === undefined) return
  throw await describeUnsteady(unsteady)
}
