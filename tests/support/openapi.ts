import { Check, Errors } from 'typebox/schema'
import { expect } from 'vitest'

/** What `/openapi.json` says, as far as answers are held against it. */
export type Operation = {
  responses: Record<string, { content: Record<string, { schema: object }> }>
}
export type Document = { paths: Record<string, Record<string, Operation>> }
export type DescribedPath = {
  pattern: RegExp
  isExact: boolean
  methods: Record<string, Operation>
}

/** What a client sees of an answer. */
export type SeenAnswer = { status: number; mediaType: string; body: string }

/** The paths of a document in the order in which the router tries them: those without parameters first. */
export function describedPaths(document: Document): DescribedPath[] {
  return Object.entries(document.paths)
    .map(([template, methods]) => ({
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
      isExact: !template.includes('{'),
      methods,
    }))
    .toSorted((a, b) => Number(b.isExact) - Number(a.isExact))
}

export function findOperation(
  described: DescribedPath[],
  method: string,
  url: string,
): Operation | undefined {
  const path = url.split('?', 1)[0] ?? ''
  return described.find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()]
}

/** Status and media type are documented for the operation, and a JSON body fits the schema that stands there. */
export function expectDocumented(operation: Operation, name: string, answer: SeenAnswer): void {
  const where = `${name} answered ${answer.status}`
  const documented = operation.responses[answer.status]
  expect(documented, `${where}, which its document does not list`).toBeDefined()
  if (!documented || answer.body === '') return
  const { mediaType } = answer
  expect(Object.keys(documented.content), `${where} as ${mediaType}`).toContain(mediaType)
  if (!mediaType.endsWith('json')) return
  const schema = documented.content[mediaType]?.schema ?? {}
  const body: unknown = JSON.parse(answer.body)
  if (Check(schema, body)) return
  const faults = JSON.stringify(Errors(schema, body)).slice(0, 500)
  expect.fail(`${where} against its document: ${faults} in ${answer.body.slice(0, 500)}`)
}

export function mediaTypeOf(contentType: unknown): string {
  return String(contentType).split(';')[0]?.trim() ?? ''
}
