import {
  envelope,
  PROBLEM_MEDIA_TYPE,
  PROBLEM_TYPE_PREFIX,
  PROBLEMS,
  Problem,
  type ProblemKey,
  problemCode,
} from '@medforge/contracts'
import type { FastifyPluginAsync, FastifyTypeProvider, RawServerDefault } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'

/** Gives handlers the types of their schemas: `request.body`, `request.params` and `request.query` need no cast. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: unknown
}

/** What a domain's `routes.ts` returns; `app.ts` registers it under `/api/v1`. */
export type Routes = FastifyPluginAsync<Record<never, never>, RawServerDefault, SchemaTypes>

export type RouteOptions<Body, Params, Query> = {
  summary: string
  description?: string
  tags: string[]
  /** Status → schema of `data`; the envelope is added here. */
  success: Record<number, TSchema>
  /** Status → media type → schema, for representations that are not enveloped (events, CSV, files). */
  otherMedia?: Record<number, Record<string, TSchema>>
  /** What this route itself can refuse; what any route can (400, 500, 503, 431, and 4xx of reading a body) is added here. */
  problems: ProblemKey[]
  body?: Body
  params?: Params
  querystring?: Query
  /** Describes the body in the document without validating it, for bodies that are streamed. */
  streamedBody?: StreamedBody
  /** Behind the guard `entrant`: a personal token is as good as a login here. */
  takesTokens?: true
  /** Request headers that the route understands, name → what it does. For the document only. */
  headers?: Record<string, string>
}

export type StreamedBody = { mediaType: string; schema: TSchema }

/** What the document needs to know beyond a Fastify schema. */
export type DocumentedSchema = {
  'x-problems'?: Record<string, ResponseSchema>
  'x-headers'?: Record<string, string>
  'x-streamed-body'?: StreamedBody
  'x-signed-in'?: boolean
  'x-takes-tokens'?: boolean
}

/**
 * A Fastify schema from which requests are validated, responses are serialized and `/openapi.json` is made.
 *
 * Fields that the success schema does not name never leave the server.
 */
export function route<
  Body extends TSchema | undefined = undefined,
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
>(options: RouteOptions<Body, Params, Query>) {
  const { summary, description, tags, body, params, querystring, streamedBody, headers } = options
  const isSignedIn = options.problems.some((key) => SIGNED_IN_PROBLEMS.includes(key))
  const schema = {
    summary,
    tags,
    ...(description ? { description } : {}),
    ...(body ? { body } : {}),
    ...(params ? { params } : {}),
    ...(querystring ? { querystring } : {}),
    ...(streamedBody ? { 'x-streamed-body': streamedBody } : {}),
    ...(headers ? { 'x-headers': headers } : {}),
    ...(isSignedIn ? { 'x-signed-in': true } : {}),
    ...(options.takesTokens ? { 'x-takes-tokens': true } : {}),
    response: successResponses(options),
    // Problems are written by `problem.ts` whole, so Fastify needs no serializer for each of them.
    'x-problems': problemResponses(options),
  }
  return schema as typeof schema & { body: Body; params: Params; querystring: Query }
}

const ORIGIN_PROBLEMS: ProblemKey[] = ['origin_not_allowed', 'competition_origin_not_allowed']
const SIGNED_IN_PROBLEMS: ProblemKey[] = ['authentication_required', 'authentication_failed']

type AnyRouteOptions = RouteOptions<unknown, unknown, unknown>
type MediaTypes = Record<string, { schema: TSchema }>
export type ResponseSchema = { description: string; content: MediaTypes }

function successResponses({
  success,
  otherMedia = {},
}: AnyRouteOptions): Record<string, ResponseSchema> {
  const statuses = new Set([...Object.keys(success), ...Object.keys(otherMedia)].map(Number))
  const responses: Record<string, ResponseSchema> = {}
  for (const status of statuses) {
    const data = success[status]
    const content: MediaTypes = data ? { 'application/json': { schema: envelope(data) } } : {}
    for (const [mediaType, schema] of Object.entries(otherMedia[status] ?? {})) {
      content[mediaType] = { schema }
    }
    responses[status] = { description: status < 400 ? 'Success' : 'Degraded', content }
  }
  return responses
}

function problemResponses(options: AnyRouteOptions): Record<string, ResponseSchema> {
  const keysByStatus = Map.groupBy(new Set(allProblems(options)), (key) => PROBLEMS[key].status)
  const responses: Record<string, ResponseSchema> = {}
  for (const [status, keys] of keysByStatus) {
    if (options.success[status]) continue
    const schema = Type.Object({
      ...Problem.properties,
      type: oneOf(keys.map((key) => `${PROBLEM_TYPE_PREFIX}${PROBLEMS[key].suffix}`)),
      code: oneOf(keys.map(problemCode)),
    })
    responses[status] = {
      description: keys.map((key) => PROBLEMS[key].title).join('; '),
      content: { [PROBLEM_MEDIA_TYPE]: { schema } },
    }
  }
  return responses
}

function allProblems(options: AnyRouteOptions): ProblemKey[] {
  const keys: ProblemKey[] = [
    'internal_error',
    'service_unavailable',
    'headers_too_large',
    'bad_request',
  ]
  // A route that changes something reads a body that comes along, even where it needs none.
  const isChange = options.problems.some((key) => ORIGIN_PROBLEMS.includes(key))
  if (isChange || options.body || options.streamedBody) {
    keys.push('payload_too_large', 'unsupported_media_type', 'request_timeout')
  }
  if (isChange || options.body || options.streamedBody || options.params || options.querystring) {
    keys.push('request_validation_failed')
  }
  // A parameter that is absurdly long fits no route.
  if (options.params) keys.push('not_found')
  return [...options.problems, ...keys]
}

function oneOf(values: string[]): TSchema {
  return Type.Enum([...new Set(values)] as unknown as [string, ...string[]])
}
