import type { Injectable } from '@medforge/test-support'
import {
  type DescribedPath,
  describedPaths,
  expectDocumented,
  findOperation,
  mediaTypeOf,
} from '../support/openapi.ts'

/**
 * The application, with every answer held against its own `/openapi.json`: the status and media type have to be documented for the
 * route, and a JSON body has to fit the schema that stands there.
 */
export function conforming(app: Injectable): Injectable {
  let described: Promise<DescribedPath[]> | undefined

  async function readDocument(): Promise<DescribedPath[]> {
    const { body } = await app.inject({ method: 'GET', url: '/openapi.json', headers: {} })
    return describedPaths(JSON.parse(body))
  }

  return {
    async inject(request) {
      const response = await app.inject(request)
      described ??= readDocument()
      const operation = findOperation(await described, request.method, request.url)
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
