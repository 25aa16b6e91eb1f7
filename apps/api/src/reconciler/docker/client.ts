import Docker from 'dockerode'
import { HostAwayError } from '../host-error.ts'

export type { default as Docker } from 'dockerode'

export const DOCKER_SOCKET = '/var/run/docker.sock'

/** A client for the daemon behind a unix socket. Opens nothing until the first call. */
export function createDocker(socketPath: string = DOCKER_SOCKET): Docker {
  // A version that every supported daemon speaks (20.10 and later), so that a newer daemon answers in the shape read here.
  return new Docker({ socketPath, version: 'v1.41' })
}

export type Call = { limitMs: number; signal: AbortSignal }

/**
 * One call to Docker with a time limit of its own. It settles when the limit is reached even if the client library never does.
 *
 * @throws HostAwayError when Docker cannot be reached or is too slow; an answer that is no success is thrown as `DockerAnswer`
 */
export async function callDocker<Result>(
  { limitMs, signal }: Call,
  work: (options: { abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const limit = AbortSignal.timeout(limitMs)
  const abortSignal = AbortSignal.any([limit, signal])
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(new HostAwayError(AWAY, { cause: abortSignal.reason }))
  if (abortSignal.aborted) throw new HostAwayError(AWAY, { cause: abortSignal.reason })
  abortSignal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work({ abortSignal }), aborted.promise])
  } catch (error) {
    throw translate(error)
  } finally {
    abortSignal.removeEventListener('abort', onAbort)
  }
}

const AWAY = 'Docker does not answer.'

/** An answer of Docker that is not success: the status and Docker's own words, for the log. */
export class DockerAnswer extends Error {
  override readonly name = 'DockerAnswer'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function translate(error: unknown): unknown {
  if (error instanceof HostAwayError) return error
  const { statusCode, json, message } = error as {
    statusCode?: number
    json?: { message?: string }
    message?: string
  }
  if (statusCode === undefined) return new HostAwayError(AWAY, { cause: error })
  return new DockerAnswer(statusCode, json?.message ?? message ?? '')
}

export function isDockerStatus(error: unknown, ...statuses: number[]): error is DockerAnswer {
  return error instanceof DockerAnswer && statuses.includes(error.status)
}

/**
 * Options of a call without a body: the library would otherwise send the options themselves as JSON, which Docker refuses on a start.
 *
 * @param query  the query string
 */
export function bodyless(
  call: { abortSignal: AbortSignal },
  query: Record<string, string | number | boolean> = {},
): { abortSignal: AbortSignal } {
  const options = { ...call, _query: query, _body: {} }
  return options
}
