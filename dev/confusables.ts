import { readFileSync } from 'node:fs'

/*
 * Prints packages/db/src/names/confusables.ts from Unicode's own file (https://www.unicode.org/Public/security/latest/confusables.txt):
 *   node dev/confusables.ts confusables.txt >packages/db/src/names/confusables.ts
 * Another table is another folding: it goes with a migration that folds every name again.
 */
const LINE_MAX = 118

const [file = ''] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')
const sources = new Map<string, string[]>()
for (const [, source = '', target = ''] of text.matchAll(/^([0-9A-F]+) ;\t([0-9A-F ]+) ;/gm)) {
  const character = String.fromCodePoint(Number.parseInt(source, 16))
  // The rest never reaches the table: names are normalized before, and what nobody sees is taken out.
  if (character.normalize('NFKC') !== character) continue
  if (/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(character)) continue
  const key = target.replaceAll(' ', '+')
  sources.set(key, [...(sources.get(key) ?? []), source])
}

const entries = [...sources].map(([target, from]) => `${from.join(',')}>${target}`)
const lines: string[] = []
for (const entry of entries.flatMap((each) => each.split(/(?<=,)/))) {
  const last = lines.at(-1)
  const isNew = last === undefined || !last.endsWith(',')
  const joined = last === undefined ? entry : `${last}${isNew ? ' ' : ''}${entry}`
  if (last !== undefined && joined.length <= LINE_MAX) lines[lines.length - 1] = joined
  else lines.push(entry)
}

process.stdout.write(`// Made by dev/confusables.ts from Unicode's confusables.txt, version ${/Version: (\S+)/.exec(text)?.[1]}.
// © Unicode, Inc., under the Unicode License v3 (https://www.unicode.org/license.txt).

/** Code points that look like others, as \`look-alike,look-alike>prototype\`; a prototype of several is joined by \`+\`. */
export const CONFUSABLES = \`
${lines.join('\n')}
\`
`)
