import { API_VERSION, type Envelope } from '@medforge/contracts'
import type { FastifyRequest } from 'fastify'

/** `{ data, meta }` of a single thing. */
export function envelopeOf<Data>(request: FastifyRequest, data: Data): Envelope<Data> {
  return { data, meta: { ...metaOf(request), limit: null, next_cursor: null, has_more: null } }
}

/** `{ data, meta }` of one page of a list. */
export function pageOf<Data>(
  request: FastifyRequest,
  rows: Data,
  page: { limit: number; nextCursor: string | null },
): Envelope<Data> {
  const { limit, nextCursor } = page
  return {
    data: rows,
    meta: {
      ...metaOf(request),
      limit,
      next_cursor: nextCursor,
      has_more: nextCursor !== null,
    },
  }
}

function metaOf(request: FastifyRequest) {
  return {
    request_id: request.id,
    api_version: API_VERSION,
    timestamp: new Date().toISOString(),
  } as const
}
