import { PROBLEMS } from '@medforge/contracts'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

type Media = Record<string, { schema: { properties?: Record<string, unknown> } }>
type Operation = {
  operationId: string
  summary: string
  tags: string[]
  parameters: { name: string; in: string; required: boolean; schema: object }[]
  responses: Record<string, { description: string; headers: object; content: Media }>
}
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> }

const ROUTES = [
  'GET /healthz',
  'GET /openapi.json',
  'GET /docs',
  'POST /api/v1/auth/signup',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/logout',
  'GET /api/v1/auth/session-proxy',
  'GET /api/v1/me',
  'GET /api/v1/status',
  'POST /api/v1/sessions',
  'GET /api/v1/sessions',
  'GET /api/v1/sessions/current',
  'GET /api/v1/sessions/{id}',
  'POST /api/v1/sessions/{id}/stop',
  'GET /api/v1/sessions/{id}/events',
  'GET /api/v1/competitions',
  'GET /api/v1/competitions/{slug}',
  'GET /api/v1/competitions/{slug}/leaderboard',
  'POST /api/v1/competitions/{slug}/submissions',
  'GET /api/v1/competitions/{slug}/submissions/me',
  'GET /api/v1/datasets',
  'GET /api/v1/datasets/{slug}',
  'POST /api/v1/admin/submissions/{submission_id}/score',
]

describe('/openapi.json', () => {
  test('names every route of the contract', async ({ api }) => {
    const document = await readDocument(api)
    expect(document.openapi).toMatch(/^3\.1\./)
    const names = operationsOf(document).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(ROUTES))
  })

  test('describes every operation: summary, unique id, path parameters, a success', async ({
    api,
  }) => {
    const operations = operationsOf(await readDocument(api))
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { name, path, operation } of operations) {
      expect(operation.summary, name).not.toBe('')
      expect(operation.tags, name).toHaveLength(1)
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect(
        inPath.map((parameter) => `{${parameter.name}}`),
        name,
      ).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(
        Object.keys(operation.responses).some((status) => status < '400'),
        name,
      ).toBe(true)
    }
  })

  test('lists the problems of every operation, as problem+json alone, each with its schema inline', async ({
    api,
  }) => {
    for (const { name, operation } of operationsOf(await readDocument(api))) {
      const refusals = Object.entries(operation.responses).filter(([status]) => status >= '400')
      expect(
        refusals.map(([status]) => status),
        name,
      ).toContain('500')
      for (const [status, { content, headers }] of refusals) {
        expect(headers, name).toHaveProperty('X-Request-Id')
        if (name === 'GET /healthz' && status === '503') continue
        expect(Object.keys(content), `${name} ${status}`).toEqual(['application/problem+json'])
        const schema = content['application/problem+json']?.schema
        expect(schema?.properties, `${name} ${status}`).toMatchObject({
          detail: { type: 'string' },
          request_id: { type: 'string' },
          code: { enum: expect.any(Array) },
        })
        expect(JSON.stringify(schema)).not.toContain('$ref')
      }
    }
  })

  test('is found clean by a linter of such documents', async ({ api }) => {
    const source = (await api.visitor().get('!/openapi.json')).text
    const config = await createConfig({
      extends: ['recommended-strict'],
      // A licence is not the API's to give, and the test's server is a localhost.
      rules: { 'info-license': 'off', 'no-server-example.com': 'off' },
    })
    const faults = await lintFromString({ source, absoluteRef: '/openapi.json', config })
    expect(faults.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  test('speaks of every problem of the catalogue that a route can answer', async ({ api }) => {
    const text = JSON.stringify(await readDocument(api))
    // They answer to what is no route at all.
    const outside = ['http/not-found', 'http/method-not-allowed']
    const missing = Object.values(PROBLEMS)
      .map(({ suffix }) => suffix)
      .filter((suffix) => !outside.includes(suffix))
      .filter((suffix) => !new RegExp(`/problems/${suffix}["\`]`).test(text))
    expect(missing).toEqual([])
  })
})

describe('/docs', () => {
  test('shows every operation in one page that loads nothing from anywhere', async ({ api }) => {
    const { text, headers } = await api.visitor().get('!/docs')
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    for (const { path } of operationsOf(await readDocument(api))) expect(text).toContain(path)
    expect(text).not.toMatch(/<script|src=|https?:\/\/(?!medforge)[a-z]|url\(/i)
  })
})

async function readDocument(api: {
  visitor: () => { get: (path: string) => Promise<{ text: string }> }
}): Promise<Document> {
  return JSON.parse((await api.visitor().get('!/openapi.json')).text)
}

function operationsOf(document: Document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  )
}
