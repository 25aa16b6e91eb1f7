import { randomInt } from 'node:crypto'
import { defineConfig } from 'vitest/config'

const ignored = ['**/node_modules/**', '**/.next/**', '**/.artifacts/**']

// biome-ignore lint/style/noProcessEnv: how ./medforge test --seed, --long and --soak, or a person, hand these over
const { MEDFORGE_SEED, MEDFORGE_LONG, MEDFORGE_HISTORIES } = process.env
const askedSeed = MEDFORGE_SEED ? Number(MEDFORGE_SEED) : null
const seed = askedSeed ?? randomInt(1e9)
const histories = Number(MEDFORGE_HISTORIES ?? 150)
const isLong = MEDFORGE_LONG === '1'
const random = {
  provide: { seed, askedSeed, histories, isLong },
  setupFiles: ['tests/support/seed.setup.ts'],
}
console.log(
  `Random tests have the seed ${seed}; --seed ${seed} or MEDFORGE_SEED=${seed} runs them again.`,
)

/**
 * `unit` needs nothing but the sources. `integration` starts a MariaDB of its own. `host` (files named `*.host.test.ts`)
 * talks to the Docker server and the ZFS of the machine it runs on, so it runs in the test cell only, as `contract` does,
 * which speaks HTTPS to the installation there.
 *
 * `isolate: false`: a worker imports the product once instead of once a file, which is half of what these tests cost. So no test
 * replaces a module, or leaves anything behind in one.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          ...random,
          include: ['{apps,packages,competitions,dev,ops,tests}/**/*.test.{ts,tsx}'],
          exclude: [...ignored, 'tests/{integration,contract,e2e}/**', '**/*.chaos.test.ts'],
          maxWorkers: 2,
          // A busy machine takes several times as long as a quiet one.
          testTimeout: 30_000,
          isolate: false,
        },
      },
      {
        test: {
          name: 'integration',
          ...random,
          include: ['tests/integration/**/*.test.ts'],
          exclude: [...ignored, '**/*.host.test.ts'],
          globalSetup: ['tests/integration/mariadb.setup.ts'],
          maxWorkers: 2,
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'host',
          isolate: false,
          include: ['tests/integration/**/*.host.test.ts'],
          exclude: ignored,
          globalSetup: ['tests/integration/mariadb.setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'contract',
          isolate: false,
          include: ['tests/contract/**/*.test.ts'],
          exclude: ignored,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'chaos',
          ...random,
          isolate: false,
          include: ['tests/chaos/**/*.chaos.test.ts'],
          // Hours of a busy host, in minutes: ./medforge test --long.
          exclude: isLong ? ignored : [...ignored, 'tests/chaos/long/**'],
          globalSetup: ['tests/chaos/support/chaos.setup.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
