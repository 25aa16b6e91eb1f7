import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { createCatalogue, type PartName, type Recipe, type Tool } from './catalogue.ts'
import { type ContextFile, hashFiles, hashOf, listFiles } from './content-hash.ts'
import { IMAGE_NAMES, LOCAL_NAMESPACE } from './reference.ts'

/** A part with its content known: what to build, and the name that this content has. */
export type PlannedPart = Recipe & {
  name: PartName
  hash: string
  /** `127.0.0.1:5055/medforge/api`, and `…/medforge/layers` for what is only built upon. */
  repository: string
  tag: string
  /** `repository:tag`, its name in the local Docker as well as in the registry. */
  image: string
  contextFiles: ContextFile[]
}

export type Plan = {
  part(name: PartName): PlannedPart
  /** These parts and all that they are built upon or copied from, each once. */
  withParents(names: readonly PartName[]): PlannedPart[]
}

export type PlanSource = { root: string; cacheDir: string }

/** Reads a part's files when the part is asked for, and hashes everything that goes into it, its parents included. */
export function createPlan(source: PlanSource): Plan {
  const catalogue = createCatalogue(findWorkspaces(source.root))
  const toolchain = readToolchain(source)
  const parts = new Map<PartName, PlannedPart>()

  const part = (name: PartName): PlannedPart => {
    const known = parts.get(name)
    if (known !== undefined) return known
    const recipe = catalogue[name]
    const contextFiles = [
      ...listFiles(join(source.root, recipe.recipe), 'Dockerfile'),
      ...Object.entries(recipe.files).flatMap(([from, to]) =>
        listFiles(join(source.root, from), to),
      ),
    ]
    const hash = hashOf({
      files: hashFiles(contextFiles),
      parents: Object.entries(recipe.parents).map(([arg, parent]) => [arg, part(parent).hash]),
      tools: recipe.tools.map((tool) => [tool, toolchain.versions[tool]]),
      args: recipe.args,
    })
    const isImage = (IMAGE_NAMES as readonly string[]).includes(name)
    const repository = `${LOCAL_NAMESPACE}${isImage ? name : 'layers'}`
    const tag = isImage ? hash : `${name}-${hash}`
    const planned: PlannedPart = {
      ...recipe,
      name,
      hash,
      repository,
      tag,
      image: `${repository}:${tag}`,
      contextFiles: [...contextFiles, ...recipe.tools.flatMap((tool) => toolchain.files(tool))],
    }
    parts.set(name, planned)
    return planned
  }

  const withParents = (names: readonly PartName[]): PlannedPart[] => {
    const seen = new Set<PartName>()
    const visit = (name: PartName) => {
      if (seen.has(name)) return
      seen.add(name)
      for (const parent of Object.values(part(name).parents)) visit(parent)
    }
    names.forEach(visit)
    return [...seen].map(part)
  }
  return { part, withParents }
}

function findWorkspaces(root: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const patterns: string[] = manifest.workspaces
  return patterns
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern]
      const parent = pattern.slice(0, -2)
      return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
    })
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
}

/** Node and npm as `./medforge` keeps them in the cache; their versions are those that the repository names. */
function readToolchain({ root, cacheDir }: PlanSource) {
  const node = readFileSync(join(root, '.nvmrc'), 'utf8').trim()
  const npm = /^npm_version=(\S+)/m.exec(readFileSync(join(root, 'medforge'), 'utf8'))?.[1]
  const versions: Record<Tool, string> = { node, 'node-headers': node, npm: npm ?? '' }
  const nodeHome = join(cacheDir, 'toolchain', `node-${node}`)
  const npmHome = join(cacheDir, 'toolchain', `npm-${npm}`)
  return {
    versions,
    files(tool: Tool): ContextFile[] {
      const home = tool === 'npm' ? npmHome : nodeHome
      if (!existsSync(home)) {
        throw new Failure(
          `${home} is missing, and images are built with it.`,
          'Run ./medforge, which fetches it, instead of starting Node yourself.',
        )
      }
      switch (tool) {
        case 'node':
          return [
            ...listFiles(join(nodeHome, 'bin/node'), 'toolchain/node/bin/node'),
            ...listFiles(join(nodeHome, 'LICENSE'), 'toolchain/node/LICENSE'),
          ]
        case 'node-headers':
          // 66 of 69 MB are OpenSSL's headers, which no module that is compiled here includes.
          return listFiles(join(nodeHome, 'include'), 'toolchain/node/include').filter(
            ({ to }) => !to.includes('/openssl/'),
          )
        case 'npm':
          return listAll(npmHome, 'toolchain/npm').filter(
            ({ to }) => !/^toolchain\/npm\/(docs|man)\//.test(to),
          )
      }
    },
  }
}

/** Like `listFiles`, with `node_modules` and all: npm's own dependencies are in its package. */
function listAll(from: string, to: string): ContextFile[] {
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => listFiles(path, to + path.slice(from.length)))
}
