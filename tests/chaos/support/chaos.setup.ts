import { randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readProcessEnv } from '@medforge/api/config/env.ts'
import { toSqlTime } from '@medforge/db'
import type { TestProject } from 'vitest/node'
import { openDatabase, readInstallation } from '../../support/installation.ts'
import { giveBack, pushTinyImage, takeOver } from './host.ts'
import { compileModules } from './processes.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A pack whose image starts within milliseconds. */
    chaosPack: string
    /** Where the modules of the platform's processes lie compiled. */
    chaosModules: string
    /** The same one makes the same choices again. */
    chaosSeed: number
    /** Null: the short pass. Otherwise how long random histories are tried. */
    chaosMinutes: number | null
  }
}

/** The platform's API and worker make room for the processes of these tests, and come back afterwards. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const installation = readInstallation()
  const [imageRef = '', imageDigest = ''] = (await pushTinyImage()).split('@')
  const id = randomUUID()
  await using db = openDatabase(installation)
  const pack = { name: `chaos-${id.slice(0, 8)}`, image_ref: imageRef, image_digest: imageDigest }
  await db
    .insertInto('packs')
    .values({ id, tier: 'public', created_at: toSqlTime(new Date()), ...pack })
    .execute()
  project.provide('chaosPack', id)
  const { MEDFORGE_SEED: asked, MEDFORGE_CHAOS_MINUTES: minutes } = readProcessEnv()
  const seed = asked ? Number(asked) : randomInt(1e9)
  console.log(`chaos: seed ${seed}`)
  project.provide('chaosSeed', seed)
  project.provide('chaosMinutes', minutes ? Number(minutes) : null)
  const modules = mkdtempSync(join(tmpdir(), 'medforge-chaos-modules-'))
  project.provide('chaosModules', modules)
  await Promise.all([compileModules(modules), takeOver(installation)])
  return async () => {
    rmSync(modules, { recursive: true, force: true })
    await giveBack()
  }
}
