import {
  API_PREFIX,
  type Envelope,
  type Meta,
  PROBLEM_MEDIA_TYPE,
  type Problem,
} from '@medforge/contracts'
import { ApiError, UnexpectedResponseError } from './api-error.ts'

export type ClientOptions = {
  /** Origin of the API, such as `https://api.medforge.localhost`. */
  baseUrl: string
  /** Of every request, such as the viewer's cookie where a server calls for them. */
  headers?: Record<string, string>
  /** The global one unless given. */
  fetch?: typeof fetch
}

export type CallOptions = {
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  json?: unknown
  form?: FormData
  signal?: AbortSignal | undefined
}

export type Page<Item> = { items: Item; meta: Meta }

export type Transport = ReturnType<typeof createTransport>

/** Calls `fetch` with cookies; throws problems as `ApiError` and everything else as `UnexpectedResponseError`. */
export function createTransport(options: ClientOptions) {
  const callFetch = options.fetch ?? fetch

  /** The raw response of a success. */
  async function open(method: string, path: string, call: CallOptions = {}): Promise<Response> {
    const response = await send(method, path, call)
    if (response.ok) return response
    throw await errorOf(method, path, response)
  }

  async function send(method: string, path: string, call: CallOptions): Promise<Response> {
    const url = new URL(path, options.baseUrl)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const body = call.form ?? (call.json === undefined ? null : JSON.stringify(call.json))
    try {
      return await callFetch(url, {
        method,
        body,
        credentials: 'include',
        redirect: 'error',
        headers: {
          ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
          ...call.headers,
        },
        ...(call.signal ? { signal: call.signal } : {}),
      })
    } catch (error) {
      if (call.signal?.aborted) throw error
      throw new UnexpectedResponseError(method, path, 'no answer', error)
    }
  }

  async function readEnvelope<Data>(
    method: string,
    path: string,
    call?: CallOptions,
  ): Promise<Envelope<Data>> {
    const response = await open(method, path, call)
    const body: unknown = await response.json().catch(() => null)
    if (!isEnvelope(body)) throw new UnexpectedResponseError(method, path, response.status)
    return body as Envelope<Data>
  }

  return {
    open: (method: string, path: string, call?: CallOptions) =>
      open(method, API_PREFIX + path, call),
    async data<Data>(method: string, path: string, call?: CallOptions): Promise<Data> {
      return (await readEnvelope<Data>(method, API_PREFIX + path, call)).data
    },
    async page<Items>(path: string, call?: CallOptions): Promise<Page<Items>> {
      const { data, meta } = await readEnvelope<Items>('GET', API_PREFIX + path, call)
      return { items: data, meta }
    },
    /** For a path outside `/api/v1` whose envelope has any status. */
    async health<Data>(path: string, signal?: AbortSignal): Promise<Data> {
      const response = await send('GET', path, { signal })
      const body: unknown = await response.json().catch(() => null)
      if (!isEnvelope(body)) throw new UnexpectedResponseError('GET', path, response.status)
      return body.data as Data
    },
  }
}

async function errorOf(method: string, path: string, response: Response): Promise<Error> {
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim()
  const body: unknown =
    mediaType === PROBLEM_MEDIA_TYPE ? await response.json().catch(() => null) : null
  if (!isProblem(body)) return new UnexpectedResponseError(method, path, response.status)
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(body, Number.isFinite(retryAfter) ? retryAfter : null)
}

function isEnvelope(body: unknown): body is Envelope<unknown> {
  return isObject(body) && 'data' in body && isObject(body.meta)
}

function isProblem(body: unknown): body is Problem {
  return isObject(body) && typeof body.code === 'string' && typeof body.detail === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
