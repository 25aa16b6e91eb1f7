import { Type } from 'typebox'
import { DOCS_CONTENT_SECURITY_POLICY, renderDocsPage } from '../http/docs-page.ts'
import type { OpenApiDocument } from '../http/openapi.ts'
import { type Routes, route } from '../http/schemas.ts'

const tags = ['Platform']

/** `/openapi.json` and `/docs`, made when they are first asked for, once every route is there. */
export function documentRoutes(makeDocument: () => OpenApiDocument): Routes {
  let made: { document: OpenApiDocument; page: string } | undefined
  const get = () => {
    if (!made) {
      const document = makeDocument()
      made = { document, page: renderDocsPage(document) }
    }
    return made
  }
  return async (app) => {
    app.get(
      '/openapi.json',
      {
        schema: route({
          summary: 'This document',
          tags,
          success: {},
          otherMedia: { 200: { 'application/json': Type.Unknown() } },
          problems: [],
        }),
      },
      async (_request, reply) =>
        reply
          .type('application/json')
          .header('cache-control', 'no-cache')
          .send(JSON.stringify(get().document)),
    )
    app.get(
      '/docs',
      {
        schema: route({
          summary: 'This document, to read',
          tags,
          success: {},
          otherMedia: { 200: { 'text/html': Type.String() } },
          problems: [],
        }),
      },
      async (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-cache')
          .header('content-security-policy', DOCS_CONTENT_SECURITY_POLICY)
          .send(get().page),
    )
  }
}
