import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseReconcilerConfig, parseServerConfig, parseWorkerConfig } from './config.ts'
import { RECONCILER_VARIABLES, SERVER_VARIABLES, WORKER_VARIABLES } from './names.ts'

const compose = new URL('../../../../deploy/compose/', import.meta.url)
const example = Object.fromEntries(
  [...readFileSync(new URL('.env.example', compose), 'utf8').matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(
    ([, name, value]) => [name, value],
  ),
)
const composeFile = readFileSync(new URL('docker-compose.yml', compose), 'utf8')

// The port is fixed in a container, and the files are another way to give a secret.
const isSetting = (name: string) => name !== 'API_PORT' && !name.endsWith('_FILE')

describe('deploy/compose/.env.example', () => {
  test.each(
    [...new Set([...SERVER_VARIABLES, ...RECONCILER_VARIABLES, ...WORKER_VARIABLES])].filter(
      isSetting,
    ),
  )('documents %s, and the compose file hands it on', (name) => {
    expect(example).toHaveProperty(name)
    expect(composeFile).toMatch(new RegExp(`^ +(SERVER_|RECONCILER_)?${name}:`, 'm'))
  })

  test('is what the processes accept, once images and secrets are filled in', () => {
    const image = `x@sha256:${'0'.repeat(64)}`
    const env = {
      ...example,
      API_IMAGE: image,
      PACK_IMAGE: image,
      SESSION_SECRET: 'q8Zt2mV4xK9sB1nW6yR3pL7dF5hJ0cGa',
      DATABASE_URL: 'mysql://u:p@172.30.1.5:3306/medforge',
    }
    for (const parse of [parseServerConfig, parseReconcilerConfig, parseWorkerConfig]) {
      expect(() => parse(env)).not.toThrow()
    }
  })
})
