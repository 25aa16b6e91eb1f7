import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../failure.ts'
import { createCatalogue, type PartName } from './catalogue.ts'
import { createPlan } from './plan.ts'

const PARTS = Object.keys(createCatalogue([])) as PartName[]
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

let root = ''
let cacheDir = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plan-root-'))
  cacheDir = mkdtempSync(join(tmpdir(), 'plan-cache-'))
  cpSync(join(REPOSITORY, 'deploy/images'), join(root, 'deploy/images'), { recursive: true })
  cpSync(join(REPOSITORY, 'deploy/packs'), join(root, 'deploy/packs'), { recursive: true })
  put('.nvmrc', '24.0.0\n')
  put('medforge', 'npm_version=11.0.0\n')
  put('.npmrc', '')
  put('package.json', JSON.stringify({ workspaces: ['apps/*', 'packages/*', 'competitions'] }))
  put('package-lock.json', '{}')
  put('tsconfig.base.json', '{}')
  put('ops/network/rules.ts', '')
  put('docs/runbook.md', '')
  for (const name of ['apps/api', 'apps/web', 'apps/cli', 'competitions']) {
    put(`${name}/package.json`, '{}')
  }
  for (const name of ['contracts', 'client', 'core', 'db', 'scoring']) {
    put(`packages/${name}/package.json`, '{}')
  }
  mkdirSync(join(cacheDir, 'toolchain/npm-11.0.0'), { recursive: true })
  const node = join(cacheDir, 'toolchain/node-24.0.0')
  mkdirSync(join(node, 'bin'), { recursive: true })
  mkdirSync(join(node, 'include'))
  writeFileSync(join(node, 'bin/node'), '')
  writeFileSync(join(node, 'LICENSE'), '')
})
afterEach(() => {
  rmSync(root, { recursive: true })
  rmSync(cacheDir, { recursive: true })
})

function put(path: string, content: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

function hashes(): Record<PartName, string> {
  const plan = createPlan({ root, cacheDir })
  return Object.fromEntries(PARTS.map((name) => [name, plan.part(name).hash])) as Record<
    PartName,
    string
  >
}

/** The parts whose content is another one after `change`. */
function changedBy(change: () => void): PartName[] {
  const before = hashes()
  change()
  const after = hashes()
  return PARTS.filter((name) => before[name] !== after[name])
}

describe(createPlan, () => {
  it('names an image by its content below the loopback registry', () => {
    const { image, hash } = createPlan({ root, cacheDir }).part('api')
    expect(image).toBe(`127.0.0.1:5055/medforge/api:${hash}`)
  })

  it('names what is only built upon in a repository of its own', () => {
    const { image, hash } = createPlan({ root, cacheDir }).part('base')
    expect(image).toBe(`127.0.0.1:5055/medforge/layers:base-${hash}`)
  })

  it('gives the same names every time', () => {
    expect(hashes()).toEqual(hashes())
  })

  it('rebuilds only the API when its sources change', () => {
    expect(changedBy(() => put('apps/api/src/app.ts', 'new'))).toEqual(['api'])
  })

  it('rebuilds the pages alone when the runbook that they show changes', () => {
    expect(changedBy(() => put('docs/runbook.md', '# Runbook\n'))).toEqual(['web'])
  })

  it('rebuilds nothing when a test changes', () => {
    expect(changedBy(() => put('apps/api/src/app.test.ts', 'new'))).toEqual([])
  })

  it('rebuilds both sides when the contract between them changes', () => {
    expect(changedBy(() => put('packages/contracts/src/index.ts', 'new'))).toEqual(['api', 'web'])
  })

  it('rebuilds what npm installs when any manifest changes', () => {
    expect(changedBy(() => put('apps/cli/package.json', '{"private":true}'))).toEqual([
      'api',
      'web',
    ])
  })

  it('rebuilds everything when the epoch moves', () => {
    expect(changedBy(() => put('deploy/images/epoch', '2031-01-01\n'))).toEqual(PARTS)
  })

  it('rebuilds what holds Node when its version changes, and leaves the database and the edge alone', () => {
    const changed = changedBy(() => {
      put('.nvmrc', '24.0.1\n')
      cpSync(join(cacheDir, 'toolchain/node-24.0.0'), join(cacheDir, 'toolchain/node-24.0.1'), {
        recursive: true,
      })
    })
    expect(changed).toEqual(PARTS.filter((name) => !['base', 'db', 'caddy'].includes(name)))
  })

  it('rebuilds only the pack when an operator adds a certificate authority to it', () => {
    expect(changedBy(() => put('deploy/packs/default/ca/ours.crt', 'new'))).toEqual(['pack'])
  })

  it('knows everything that an image needs, each part once', () => {
    const parts = createPlan({ root, cacheDir }).withParents(['pack', 'api'])
    expect(parts.map(({ name }) => name).sort()).toEqual(
      ['api', 'base', 'code-server', 'node', 'pack', 'science', 'toolbox'].sort(),
    )
  })

  it('says where Node comes from when the cache has none', () => {
    rmSync(join(cacheDir, 'toolchain'), { recursive: true })
    expect(() => createPlan({ root, cacheDir }).part('api')).toThrow(Failure)
  })
})

describe(createCatalogue, () => {
  it('gives the host’s authorities to no part that an image is built upon', () => {
    const catalogue = createCatalogue([])
    const keptBy = PARTS.filter((name) => catalogue[name].runsNpm && catalogue[name].isShared)
    expect(keptBy).toEqual([])
  })
})
