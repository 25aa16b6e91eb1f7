import type { Injectable } from '@medforge/test-support'
import { Check, Errors } from 'typebox/schema'
import { expect } from 'vitest'

type Operation = { responses: Record<string, { content: Record<string, { schema: object }> }> }
type DescribedPath = { pattern: RegExp; isExact: boolean; methods: Record<string, Operation> }
type Document = { paths: Record<string, Record<string, Operation>> }

/**
 * The application, with every answer held against its own `/openapi.json`: the status and media type have to be documented for the
 * route, and a JSON body has to fit the schema that stands there.
 */
export function conforming(app: Injectable): Injectable {
  let described: Promise<DescribedPath[]> | undefined

  async function readDocument(): Promise<DescribedPath[]> {
    const { body } = await app.inject({ method: 'GET', url: '/openapi.json', headers: {} })
    const document: Document = JSON.parse(body)
    return Object.entries(document.paths)
      .map(([template, methods]) => ({
        pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
        isExact: !template.includes('{'),
        methods,
      }))
      .toSorted((a, b) => Number(b.isExact) - Number(a.isExact))
  }

  return {
    async inject(request) {
      const response = await app.inject(request)
      described ??= readDocument()
      const operation = findOperation(await described, request.method, request.url)
      if (operation) expectDocumented(operation, `${request.method} ${request.url}`, response)
      return response
    },
  }
}

function findOperation(
  described: DescribedPath[],
  method: string,
  url: string,
): Operation | undefined {
  const path = url.split('?', 1)[0] ?? ''
  // A path without parameters comes first, as it does in the router.
  return described.find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()]
}

function expectDocumented(
  operation: Operation,
  name: string,
  response: Awaited<ReturnType<Injectable['inject']>>,
): void {
  const where = `${name} answered ${response.statusCode}`
  const documented = operation.responses[response.statusCode]
  expect(documented, `${where}, which its document does not list`).toBeDefined()
  if (!documented || response.body === '') return
  const mediaType = String(response.headers['content-type']).split(';')[0]?.trim() ?? ''
  expect(Object.keys(documented.content), `${where} as ${mediaType}`).toContain(mediaType)
  if (!mediaType.endsWith('json')) return
  const schema = documented.content[mediaType]?.schema ?? {}
  const body: unknown = JSON.parse(response.body)
  if (Check(schema, body)) return
  const faults = JSON.stringify(Errors(schema, body)).slice(0, 500)
  expect.fail(`${where} against its document: ${faults} in ${response.body.slice(0, 500)}`)
}
