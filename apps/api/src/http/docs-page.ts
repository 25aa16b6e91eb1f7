import { createHash } from 'node:crypto'
import type { OpenApiDocument, Operation } from './openapi.ts'

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 6%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{margin:0 0 .5rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0;padding:0 1rem}
summary{cursor:pointer;padding:.6rem 0;display:flex;gap:.75rem;flex-wrap:wrap;align-items:baseline}
code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:var(--soft);border-radius:6px;padding:.75rem;overflow:auto;max-height:24rem}
.method{font-weight:700;min-width:3.5rem}.what{opacity:.75}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** For the page alone: its own style sheet and nothing else may load. */
export const DOCS_CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** The API document as one HTML page that needs no script and nothing from elsewhere. */
export function renderDocsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? 'Other')
  const sections = [...groups].map(
    ([tag, entries]) =>
      `<h2>${escapeHtml(tag)}</h2>${entries
        .map(({ path, method, operation }) => renderOperation(path, method, operation))
        .join('')}`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>MedForge API</title><style>${STYLE}</style></head>
<body><h1>MedForge API</h1><p>${escapeMarkup(document.info.description)} The machine-readable document is
<a href="/openapi.json"><code>/openapi.json</code></a>.</p>${sections.join('')}</body></html>`
}

function renderOperation(path: string, method: string, operation: Operation): string {
  const parameters = operation.parameters
    .map(
      ({ name, in: place, required, description = '' }) =>
        `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? ', required' : ''}</td><td>${escapeHtml(description)}</td></tr>`,
    )
    .join('')
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(
    ([mediaType, { schema }]) => renderSchema(`Body, ${mediaType}`, schema),
  )
  const responses = Object.entries(operation.responses).map(([status, { description, content }]) =>
    Object.entries(content as Record<string, { schema: object }>)
      .map(([mediaType, { schema }]) =>
        renderSchema(`${status} ${description}, ${mediaType}`, schema),
      )
      .join(''),
  )
  return `<details><summary><span class="method">${method.toUpperCase()}</span><code>${escapeHtml(path)}</code><span class="what">${escapeHtml(operation.summary)}</span></summary>
${operation.description ? `<p>${escapeMarkup(operation.description)}</p>` : ''}${operation.security.length > 0 ? '<p>Needs a login.</p>' : ''}
${parameters ? `<table><tr><th>Parameter</th><th>In</th><th></th></tr>${parameters}</table>` : ''}${bodies.join('')}${responses.join('')}</details>`
}

function renderSchema(title: string, schema: object): string {
  return `<details><summary>${escapeHtml(title)}</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Escaped, with `code` between backticks. */
function escapeMarkup(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
