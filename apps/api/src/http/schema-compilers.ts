import { AjvCompiler } from '@fastify/ajv-compiler'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'

/**
 * Fastify's own compilers, each of which compiles a schema once a process. Several servers of one process have the
 * same routes, and compiling them is most of what a start costs.
 */
export const schemaCompilers = {
  buildValidator: compilingOnce(AjvCompiler()),
  buildSerializer: compilingOnce(SerializerSelector()),
}

type Compile = (route: { schema?: unknown }) => unknown

/** What it keeps is bounded by the schemas in the source. */
function compilingOnce<Build extends (...options: never[]) => unknown>(build: Build): Build {
  const compiled = new Map<string, unknown>()
  const buildOnce = (...options: Parameters<Build>): Compile => {
    const compile = build(...options) as Compile
    const prefix = JSON.stringify(options)
    return (route) => {
      const key = `${prefix}${JSON.stringify(route.schema)}`
      if (!compiled.has(key)) compiled.set(key, compile(route))
      return compiled.get(key)
    }
  }
  return buildOnce as Build
}
