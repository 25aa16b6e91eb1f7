import { randomUUID } from 'node:crypto'
import { createFakeRuntime } from './fake.ts'
import { describeSessionRuntime } from './port.contract.ts'

const runtime = createFakeRuntime()

describeSessionRuntime('the fake', () => ({
  runtime,
  newSpec: () => ({
    sessionId: randomUUID(),
    userId: randomUUID(),
    slug: randomUUID().replaceAll('-', '').slice(0, 8),
    tier: 'public',
    image: `packs/default@sha256:${'0'.repeat(64)}`,
    gpu: { id: 0, uuid: null },
    workspacePath: '/workspaces/one',
    limits: {},
  }),
  endContainer: async ({ slug }) => runtime.end(slug, { exitCode: 3 }),
  vanishContainer: async ({ slug }) => runtime.vanish(slug),
  occupyName: async (slug) => runtime.occupy(slug),
}))
