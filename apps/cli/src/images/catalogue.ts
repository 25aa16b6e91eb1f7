import type { ImageName } from './reference.ts'

/** What is built on the way to an image. `code-server` is copied from; the others are built upon. */
export type PartName = 'base' | 'node' | 'toolbox' | 'science' | 'code-server' | ImageName

/** Something from the toolchain folder, which its version stands for in the hash. */
export type Tool = 'node' | 'node-headers' | 'npm'

export type Recipe = {
  /** A Dockerfile, or for `base` the script that makes its root file system; from the repository's root. */
  recipe: string
  /** Build argument → the part whose image it names. */
  parents: Record<string, PartName>
  /** Repository path → name in the build context. Their content is hashed. */
  files: Record<string, string>
  tools: readonly Tool[]
  /** Build arguments that are hashed as they are. */
  args: Record<string, string>
  /** Whether npm runs in it, and so needs the host's certificate authorities while it is built. They are never hashed or kept. */
  runsNpm: boolean
  /** Whether other images are built upon it, so that its layers can go to the registry while they are built. */
  isShared: boolean
}

const CODE_SERVER_VERSION = '4.139.1'
/** The newest branch that Debian offers, in trixie-backports; its patch level is whatever is there. */
const GO_VERSION = '1.27'

const MANIFESTS = {
  'package.json': 'manifests/package.json',
  'package-lock.json': 'manifests/package-lock.json',
  '.npmrc': 'manifests/.npmrc',
}

const DEFAULTS = { parents: {}, files: {}, tools: [], args: {}, runsNpm: false, isShared: false }

/**
 * How every part is made. `workspaces` are the folders of the npm workspaces: npm wants all their manifests, whichever of
 * them it installs.
 */
export function createCatalogue(workspaces: readonly string[]): Record<PartName, Recipe> {
  const manifests: Record<string, string> = { ...MANIFESTS }
  for (const folder of workspaces) {
    manifests[`${folder}/package.json`] = `manifests/${folder}/package.json`
  }
  return {
    base: {
      ...DEFAULTS,
      recipe: 'deploy/images/base/build.sh',
      files: { 'deploy/images/epoch': 'epoch' },
      isShared: true,
    },
    node: {
      ...DEFAULTS,
      recipe: 'deploy/images/node/Dockerfile',
      parents: { BASE_IMAGE: 'base' },
      tools: ['node'],
      isShared: true,
    },
    toolbox: {
      ...DEFAULTS,
      recipe: 'deploy/packs/default/Dockerfile.toolbox',
      parents: { NODE_IMAGE: 'node' },
      isShared: true,
    },
    'code-server': {
      ...DEFAULTS,
      recipe: 'deploy/packs/default/Dockerfile.code-server',
      parents: { TOOLBOX_IMAGE: 'toolbox' },
      tools: ['node-headers', 'npm'],
      args: { CODE_SERVER_VERSION },
      runsNpm: true,
    },
    science: {
      ...DEFAULTS,
      recipe: 'deploy/packs/default/Dockerfile.science',
      parents: { TOOLBOX_IMAGE: 'toolbox' },
      isShared: true,
    },
    pack: {
      ...DEFAULTS,
      recipe: 'deploy/packs/default/Dockerfile',
      parents: { SCIENCE_IMAGE: 'science', CODE_SERVER_IMAGE: 'code-server' },
      files: {
        'deploy/packs/default/rootfs': 'rootfs',
        'deploy/packs/default/ca': 'ca',
        'packages/scoring': 'scorer',
      },
      tools: ['npm'],
    },
    db: {
      ...DEFAULTS,
      recipe: 'deploy/images/db/Dockerfile',
      parents: { BASE_IMAGE: 'base' },
      files: {
        'deploy/images/db/medforge.cnf': 'medforge.cnf',
        'deploy/images/db/medforge-db': 'medforge-db',
        'deploy/images/db/medforge-db-health': 'medforge-db-health',
      },
    },
    caddy: {
      ...DEFAULTS,
      recipe: 'deploy/images/caddy/Dockerfile',
      parents: { BASE_IMAGE: 'base' },
      files: {
        'deploy/images/caddy/patches': 'patches',
        'deploy/images/caddy/go-patches': 'go-patches',
        'deploy/images/caddy/edgelimits': 'edgelimits',
      },
      args: { GO: GO_VERSION },
    },
    api: {
      ...DEFAULTS,
      recipe: 'deploy/images/api/Dockerfile',
      parents: { NODE_IMAGE: 'node' },
      files: {
        ...manifests,
        'deploy/images/api/rootfs': 'rootfs',
        ...sources(
          'apps/api',
          'packages/contracts',
          'packages/client',
          'packages/core',
          'packages/db',
          'packages/scoring',
          'competitions',
          'ops/network',
        ),
      },
      tools: ['npm'],
      runsNpm: true,
    },
    web: {
      ...DEFAULTS,
      recipe: 'deploy/images/web/Dockerfile',
      parents: { NODE_IMAGE: 'node' },
      files: {
        ...manifests,
        ...sources(
          'apps/web',
          'packages/contracts',
          'packages/client',
          'packages/scoring',
          'docs/runbook.md',
          'tsconfig.base.json',
        ),
      },
      tools: ['npm'],
      runsNpm: true,
    },
  }
}

function sources(...paths: string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, `sources/${path}`]))
}
