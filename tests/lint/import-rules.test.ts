import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Who imports what, and whether the linter must refuse it. */
const IMPORTS: Record<string, { refused: string[]; allowed: string[] }> = {
  'packages/contracts/src/a.ts': {
    refused: ['@medforge/db', '@medforge/client', '../../db/src/index.ts'],
    allowed: ['typebox', './primitives.ts'],
  },
  'packages/client/src/a.ts': {
    refused: ['@medforge/db', '@medforge/scoring', '../../db/src/index.ts'],
    allowed: ['@medforge/contracts'],
  },
  'packages/db/src/a.ts': {
    refused: ['@medforge/client', '@medforge/api/app.ts'],
    allowed: ['@medforge/contracts', 'kysely'],
  },
  'packages/scoring/src/a.ts': {
    refused: ['@medforge/db', '@medforge/client'],
    allowed: ['@medforge/contracts'],
  },
  'apps/web/features/sessions/a.ts': {
    refused: ['@medforge/db', '@medforge/api/app.ts', '../../../api/src/lib/ids.ts'],
    allowed: ['@medforge/client', '@medforge/contracts', '@medforge/scoring', 'react'],
  },
  'apps/web/app/a.ts': {
    refused: ['@medforge/db', '@medforge/api/app.ts', '../../api/src/lib/ids.ts'],
    allowed: ['@medforge/client', '../features/sessions/queries.ts', '../lib/time.ts'],
  },
  'apps/web/lib/a.ts': {
    refused: ['@medforge/db', '../features/sessions/queries.ts', '../app/page.tsx'],
    allowed: ['@medforge/client', './time.ts'],
  },
  'apps/cli/src/stack/a.ts': {
    refused: ['@medforge/api/app.ts', '../../../api/src/identity/service.ts'],
    allowed: ['@medforge/client', '@medforge/core', '@medforge/db'],
  },
  'apps/api/src/lib/a.ts': {
    refused: ['../http/reply.ts', '../identity/index.ts', '@medforge/contracts'],
    allowed: ['./clock.ts', 'pino', 'node:crypto'],
  },
  'apps/api/src/config/a.ts': {
    refused: ['../http/reply.ts', '../identity/index.ts', '@medforge/db'],
    allowed: ['./env.ts', '../lib/logger.ts', '@medforge/contracts'],
  },
  'apps/api/src/http/a.ts': {
    refused: ['../identity/index.ts', '../app.ts', '../context.ts', '@medforge/client'],
    allowed: ['./reply.ts', '../lib/ids.ts', '../config/config.ts', '@medforge/contracts'],
  },
  'apps/api/src/sessions/a.ts': {
    refused: [
      '../identity/service.ts',
      '../competitions/repository.ts',
      '../app.ts',
      '../context.ts',
      '../main/run.ts',
      './runtime/docker.ts',
      './workspace/zfs.ts',
      '@medforge/client',
      '@medforge/test-support',
      '../../../../packages/db/src/index.ts',
    ],
    allowed: [
      '../identity/index.ts',
      '../http/guards.ts',
      '../lib/clock.ts',
      './repository.ts',
      './runtime/port.ts',
      '@medforge/db',
    ],
  },
  'apps/api/src/reconciler/runtime/a.ts': {
    refused: ['../../identity/service.ts', '../../app.ts', '../../main/run.ts'],
    allowed: ['../../identity/index.ts', '../docker/client.ts', 'dockerode'],
  },
  'apps/api/src/competitions/a.ts': {
    refused: ['../sessions/repository.ts', '../scoring/lease.ts', '../context.ts'],
    allowed: ['../scoring/index.ts', '@medforge/scoring', '@medforge/competitions'],
  },
  'apps/api/src/reconciler/plan.ts': {
    refused: ['node:fs', 'kysely', 'dockerode', './repository.ts', './runtime/docker.ts'],
    allowed: ['./lifecycle.ts', './runtime/port.ts', '@medforge/contracts', '@medforge/db'],
  },
  'apps/api/src/reconciler/lifecycle.ts': {
    refused: ['node:timers', 'kysely', './service.ts', '../http/domain-error.ts'],
    allowed: ['@medforge/contracts', './reasons.ts'],
  },
  'apps/api/src/app.ts': {
    refused: ['./identity/routes.ts', './reconciler/runtime/docker.ts', './main/run.ts'],
    allowed: ['./identity/index.ts', './context.ts', './http/server.ts'],
  },
  'apps/api/src/context.ts': {
    refused: ['./identity/service.ts', './app.ts', './main/run.ts'],
    allowed: [
      './identity/index.ts',
      './reconciler/runtime/docker.ts',
      './reconciler/workspace/zfs.ts',
    ],
  },
  'apps/api/src/main/a.ts': {
    refused: ['../identity/service.ts', '../reconciler/runtime/docker.ts'],
    allowed: ['../app.ts', '../context.ts', '../config/env.ts', '../sessions/index.ts'],
  },
}

const planted = Object.entries(IMPORTS).flatMap(([file, { refused, allowed }]) => [
  ...refused.map((source) => ({ file, source, verdict: 'refused' })),
  ...allowed.map((source) => ({ file, source, verdict: 'allowed' })),
])

describe('the linter', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'medforge-lint-')))
  let found: Set<string>

  beforeAll(() => {
    for (const file of ['biome.json', 'apps/web/biome.json']) {
      const config = JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8'))
      write(file, JSON.stringify({ ...config, $schema: undefined, vcs: undefined }))
    }
    for (const [file, { refused, allowed }] of Object.entries(IMPORTS)) {
      const lines = [...refused, ...allowed].map((source) => `import '${source}'`)
      write(file, `${lines.join('\n')}\n`)
    }
    const { stdout } = spawnSync(
      join(REPOSITORY, 'node_modules/.bin/biome'),
      [
        'lint',
        '--only=style/noRestrictedImports',
        '--reporter=github',
        '--max-diagnostics=none',
        '.',
      ],
      { cwd: root, encoding: 'utf8' },
    )
    found = new Set(
      [...stdout.matchAll(/file=([^,]+),line=(\d+)/g)].map(
        ([, file = '', line]) => `${relative(root, file)}:${line}`,
      ),
    )
  }, 60_000)

  afterAll(() => rmSync(root, { recursive: true }))

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }

  test.each(planted)('has $source $verdict in $file', ({ file, source, verdict }) => {
    const { refused = [], allowed = [] } = IMPORTS[file] ?? {}
    const line = [...refused, ...allowed].indexOf(source) + 1
    expect(found.has(`${file}:${line}`) ? 'refused' : 'allowed').toBe(verdict)
  })
})
