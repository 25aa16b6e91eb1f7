import { readFileSync, writeFileSync } from 'node:fs'
import { GENERATED_FILES } from './generated-files.ts'

/** Brings every file that follows from the table of settings up to date: `npm run generate`. */
for (const { url, render } of GENERATED_FILES) {
  const before = readFileSync(url, 'utf8')
  const after = render(before)
  if (after !== before) writeFileSync(url, after)
  process.stdout.write(`${after === before ? 'unchanged' : 'wrote'} ${url.pathname}\n`)
}
