import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))
const PRINT_LOADED = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ load(url, context, next) { console.log(url); return next(url, context) } })
`)}`

/** Every module that the server has loaded by the time that it looks at its settings, as a URL. */
function loadedModules(): string[] {
  const { stdout, status } = spawnSync(process.execPath, ['--import', PRINT_LOADED, SERVER], {
    env: {},
    encoding: 'utf8',
  })
  // EX_CONFIG: everything is imported, and without a setting it goes no further.
  expect(status).toBe(78)
  return stdout.split('\n').filter((line) => line.startsWith('file:') || line.startsWith('node:'))
}

describe('the process that faces the internet', () => {
  const modules = loadedModules()

  test('loads its own routes', () => {
    expect(modules).toContainEqual(expect.stringContaining('/sessions/routes.ts'))
    expect(modules).toContainEqual(expect.stringContaining('/node_modules/fastify/'))
  })

  test('loads no client of Docker and nothing of the reconciler or the worker', () => {
    const host =
      /node_modules\/(dockerode|docker-modem|ssh2|@grpc|protobufjs)\/|\/api\/src\/(reconciler|scoring)\//
    expect(modules.filter((url) => host.test(url))).toEqual([])
  })
})
