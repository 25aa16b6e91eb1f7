import { readEnvironment } from '../config/env.ts'
import { describeFailure } from '../failure.ts'
import { ensureImages } from './index.ts'
import { IMAGE_NAMES } from './reference.ts'

// For whoever works on an image: node apps/cli/src/images/main.ts [name…]
const { root, cacheDir } = readEnvironment()
const asked = process.argv.slice(2)
const names = IMAGE_NAMES.filter((name) => asked.length === 0 || asked.includes(name))
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const startedAt = Date.now()
const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)
try {
  const references = await ensureImages({
    root,
    cacheDir,
    names,
    overrides: {},
    report: (line) => console.error(`${seconds()} ${line}`),
    signal: stop.signal,
  })
  for (const [name, reference] of Object.entries(references)) console.log(`${name}\t${reference}`)
  console.error(`${seconds()} done`)
} catch (error) {
  console.error(describeFailure(error, true))
  process.exitCode = 1
}
