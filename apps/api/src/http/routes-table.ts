import type { RouteOptions } from 'fastify'

export type DocumentedRoute = { method: string; path: string; schema: RouteOptions['schema'] }

export interface RoutesTable {
  /** To be called for every route as it is registered. */
  add(route: RouteOptions): void
  /** The methods that some route has for this request target; empty where nothing answers. */
  methodsOf(url: string): string[]
  /** Every route that belongs into the API document. */
  list(): DocumentedRoute[]
}

/** Knows which paths and methods exist: for 404 against 405, for preflights, and for the document. */
export function createRoutesTable(): RoutesTable {
  const methodsByPattern = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  const documented: DocumentedRoute[] = []

  return {
    add(route) {
      const methods = [route.method].flat().map((method) => method.toUpperCase())
      const entry = methodsByPattern.get(route.url) ?? {
        pattern: patternOf(route.url),
        methods: new Set<string>(),
      }
      for (const method of methods) entry.methods.add(method)
      methodsByPattern.set(route.url, entry)
      const isHidden = route.schema && 'hide' in route.schema && route.schema.hide
      for (const method of methods) {
        if (method !== 'HEAD' && !isHidden) {
          documented.push({ method, path: route.url, schema: route.schema })
        }
      }
    },
    methodsOf(url) {
      const path = url.split(/[?#]/, 1)[0] ?? ''
      const found = [...methodsByPattern.values()].filter(({ pattern }) => pattern.test(path))
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted()
    },
    list: () => documented,
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/')
  return new RegExp(`^${source}$`)
}
