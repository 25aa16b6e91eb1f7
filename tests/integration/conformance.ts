import type { Injectable } from '@medforge/test-support'
import { Check, Errors } from 'typebox/schema'
import { expect } from 'vitest'

type Operation = { responses: Record<string, { content: Record<string, { schema: object }> }> }
type Document = { paths: Record<string, Record<string, Operation>> }

/**
 * The application, with every answer held against its own `/openapi.json`: the status and media type have to be documented for the
 * route, and a JSON body has to fit the schema that stands there.
 */
export function conforming(app: Injectable): Injectable {
  let document: Promise<Document> | undefined

  async function readDocument(): Promise<Document> {
    const { body } = await app.inject({ method: 'GET', url: '/openapi.json', headers: {} })
    return JSON.parse(body)
  }

  return {
    async inject(request) {
      const response = await app.inject(request)
      document ??= readDocument()
      const operation = findOperation(await document, request.method, request.url)
      if (operation) expectDocumented(operation, `${request.method} ${request.url}`, response)
      return response
    },
  }
}

function findOperation(document: Document, method: string, url: string): Operation | undefined {
  const path = url.split('?', 1)[0] ?? ''
  const templates = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  // A path without parameters wins, as it does in the router.
  const [template] = templates.toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
  return document.paths[template ?? '']?.[method.toLowerCase()]
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
