import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['apps/api/src', 'packages', 'competitions', 'dev']
const RUN = /\.(ts|mjs|json|md|csv)$/
const IGNORED = /(^|\/)(node_modules|\.next)\/|\.test\.ts$/

/** Aborts when the first file changes that the API's processes run or read. */
export type SourceChange = { signal: AbortSignal; file: string | null }

/** Watches until the first change or until `ending` aborts. Editors that write beside and rename count as a change. */
export function watchSources(root: string, ending: AbortSignal): SourceChange {
  const controller = new AbortController()
  const change: SourceChange = { signal: controller.signal, file: null }
  const stop = AbortSignal.any([ending, controller.signal])
  for (const folder of FOLDERS.filter((name) => existsSync(join(root, name)))) {
    watch(join(root, folder), { recursive: true, signal: stop }, (_event, name) => {
      if (name === null || !RUN.test(name) || IGNORED.test(name)) return
      change.file ??= join(folder, name)
      controller.abort()
    })
  }
  return change
}
