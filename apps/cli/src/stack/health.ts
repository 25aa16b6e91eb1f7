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

export type PlatformHealth = { ok: boolean; detail: string }

const healthUrl = (domain: string) => `https://api.medforge.${domain}/healthz`

/**
 * What `/healthz` answers through the edge; `detail` is fit for one line.
 *
 * @throws Error when nothing answers
 */
export async function readHealth(domain: string): Promise<PlatformHealth> {
  const { status, body } = await getVerified(healthUrl(domain))
  return { ok: status === 200, detail: describeHealth(status, body) }
}

function describeHealth(status: number, body: string): string {
  try {
    const { data, detail } = JSON.parse(body) as { data?: Health; detail?: string }
    if (data) return [data.status, ...(data.reasons ?? [])].join('; ')
    if (detail) return detail
  } catch {
    // no JSON: the status has to do
  }
  return `status ${status}`
}

/**
 * Wait until the API, asked as a browser asks it, says that it is healthy.
 *
 * @throws Failure with the API's own reasons, or with the container that is not up, within seconds where it crashes in a loop
 */
export async function waitForHealthz(domain: string, progress: Progress): Promise<void> {
  const url = healthUrl(domain)
  const refuseCrashLoops = createCrashWatch()
  let last = 'it did not answer'
  const healthy = await waitFor(
    async () => {
      try {
        const health = await readHealth(domain)
        if (health.ok) return true
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
  if (healthy) return
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
