import type { Injectable } from '@medforge/test-support'
import {
  type DescribedPath,
  describedPaths,
  expectDocumented,
  findOperation,
  mediaTypeOf,
} from '../support/openapi.ts'

// The same for every application, as no route depends on a setting. Reading it costs more than most tests.
let described: DescribedPath[] | undefined

/**
 * The application, with every answer held against its own `/openapi.json`: the status and media type have to be documented for the
 * route, and a JSON body has to fit the schema that stands there.
 */
export function conforming(app: Injectable): Injectable {
  async function readDocument(): Promise<DescribedPath[]> {
    const { body } = await app.inject({ method: 'GET', url: '/openapi.json', headers: {} })
    return describedPaths(JSON.parse(body))
  }

  return {
    async inject(request) {
      const response = await app.inject(request)
      described ??= await readDocument()
      const operation = findOperation(described, request.method, request.url)
      if (operation) {
        expectDocumented(operation, `${request.method} ${request.url}`, {
          status: response.statusCode,
          mediaType: mediaTypeOf(response.headers['content-type']),
          body: response.body,
        })
      }
      return response
    },
  }
}
