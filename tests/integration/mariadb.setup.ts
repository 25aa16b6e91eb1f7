import { openMariadb } from '@medforge/test-support'

/**
 * One MariaDB for the whole run, empty and thrown away afterwards; `TEST_DATABASE_URL` tells the tests where it is.
 * Where that is set already, that server is used and left alone (for a developer who keeps one running).
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // biome-ignore lint/style/noProcessEnv: the environment is how a set-up file hands things to vitest's workers
  const environment = process.env
  if (environment.TEST_DATABASE_URL) return undefined
  const server = await openMariadb()
  environment.TEST_DATABASE_URL = server.url
  return async () => {
    await server[Symbol.asyncDispose]()
  }
}
