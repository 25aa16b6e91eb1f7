import {
  HOST_BOUND_COOKIE,
  PROBLEM_TYPE_PREFIX,
  PROBLEMS,
  type ProblemKey,
  SESSION_COOKIE,
} from '@medforge/contracts'
import type { TSchema } from 'typebox'
import type { DocumentedRoute } from './routes-table.ts'
import type { DocumentedSchema, ResponseSchema } from './schemas.ts'

type RouteSchema = DocumentedSchema & {
  summary?: string
  description?: string
  tags?: string[]
  body?: TSchema
  params?: TSchema
  querystring?: TSchema
  response?: Record<string, ResponseSchema>
}

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: object
  description?: string
}

export type Operation = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  parameters: Parameter[]
  requestBody?: { required: true; content: Record<string, { schema: object }> }
  responses: Record<string, { description: string; headers: object; content: object }>
  security: Record<string, string[]>[]
}

export type OpenApiDocument = {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: object }
}

const EDGE_PROBLEMS = [
  'bad_request',
  'forbidden',
  'misdirected_request',
  'bad_gateway',
  'gateway_timeout',
] as const satisfies ProblemKey[]
const REQUEST_ID_HEADER = {
  'X-Request-Id': {
    description:
      'Equal to meta.request_id or request_id; name it to the operator when something fails.',
    schema: { type: 'string' },
  },
}
const RETRY_AFTER_HEADER = {
  'Retry-After': { description: 'Whole seconds.', schema: { type: 'integer' } },
}

const DESCRIPTION = [
  'Success is `{ data, meta }`; a refusal is `application/problem+json` (RFC 9457) with a stable `code`. Ids are lower-case UUIDs, times RFC 3339 in UTC.',
  'What the edge answers itself, at every host of the platform:',
  ...EDGE_PROBLEMS.map((key) => {
    const { status, suffix, title } = PROBLEMS[key]
    return `- ${status} \`${key}\` (\`${PROBLEM_TYPE_PREFIX}${suffix}\`): ${title}`
  }),
].join('\n')

/** The API document, OpenAPI 3.1, made from the very schemas that validate requests and serialize answers. */
export function createOpenApiDocument(
  routes: readonly DocumentedRoute[],
  server: string,
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const { method, path, schema } of routes) {
    const name = path.replace(/:(\w+)/g, '{$1}')
    paths[name] ??= {}
    paths[name][method.toLowerCase()] = operationOf(method, path, (schema ?? {}) as RouteSchema)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MedForge',
      version: 'v1.0',
      description: DESCRIPTION,
    },
    servers: [{ url: server }],
    paths,
    components: {
      securitySchemes: {
        login: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `Browsers (requests with \`Sec-Fetch-Site\`) also send \`${HOST_BOUND_COOKIE}\`, which was set together with it; programs need not.`,
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A personal token (`mf_…`) from the account page, for the routes of competitions alone, and never beside a login.',
        },
      },
    },
  }
}

function operationOf(method: string, path: string, schema: RouteSchema): Operation {
  const content = requestContentOf(schema)
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\/api\/v1|[^a-zA-Z0-9]+/g, '_')}`.replace(
      /_+/g,
      '_',
    ),
    summary: schema.summary ?? `${method} ${path}`,
    ...(schema.description ? { description: schema.description } : {}),
    tags: schema.tags ?? [],
    parameters: [
      ...parametersOf('path', schema.params),
      ...parametersOf('query', schema.querystring),
      ...Object.entries(schema['x-headers'] ?? {}).map(([name, description]) => ({
        name,
        in: 'header' as const,
        required: false,
        schema: { type: 'string' },
        description,
      })),
    ],
    ...(content ? { requestBody: { required: true, content } } : {}),
    responses: responsesOf(schema),
    security: [
      ...(schema['x-signed-in'] ? [{ login: [] }] : []),
      ...(schema['x-takes-tokens'] ? [{ token: [] }] : []),
    ],
  }
}

function requestContentOf(schema: RouteSchema): Record<string, { schema: object }> | undefined {
  const streamed = schema['x-streamed-body']
  if (streamed) return { [streamed.mediaType]: { schema: streamed.schema } }
  return schema.body && { 'application/json': { schema: schema.body } }
}

function parametersOf(place: 'path' | 'query', schema: TSchema | undefined): Parameter[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, { description?: string }>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
    ...(property.description ? { description: property.description } : {}),
  }))
}

function responsesOf(schema: RouteSchema): Operation['responses'] {
  const responses: Operation['responses'] = {}
  const all = { ...schema.response, ...schema['x-problems'] }
  for (const [status, { description, content }] of Object.entries(all)) {
    const mayRetry = status === '429' || status === '503'
    const headers = { ...REQUEST_ID_HEADER, ...(mayRetry ? RETRY_AFTER_HEADER : {}) }
    responses[status] = { description, headers, content }
  }
  return responses
}
