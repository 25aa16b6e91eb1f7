import { readFileSync, writeFileSync } from 'node:fs'

const HOSTS = '/etc/hosts'
const BEGIN = '# BEGIN medforge (written by ./medforge up, removed by ./medforge down --purge)'
const END = '# END medforge'

/** The file's text with our block naming exactly `names`; with no names, without our block. */
export function withNames(text: string, names: string[]): string {
  const lines = text.split('\n')
  const begin = lines.findIndex((line) => line.startsWith('# BEGIN medforge'))
  const end = lines.findIndex((line, index) => index > begin && line.startsWith(END))
  if (begin >= 0 && end >= 0) lines.splice(begin, end - begin + 1)
  const rest = lines.join('\n').replace(/\n*$/, '\n')
  return names.length === 0 ? rest : `${rest}${BEGIN}\n127.0.0.1 ${names.join(' ')}\n${END}\n`
}

/**
 * Make the platform's names resolve on this host. Browsers resolve `*.localhost` themselves; Node and the C library
 * do not. The file is written in place, because it may be a bind mount that cannot be replaced.
 *
 * @returns whether the file changed
 */
export function ensureHostNames(names: string[], file: string = HOSTS): boolean {
  const before = readFileSync(file, 'utf8')
  const after = withNames(before, names)
  if (after === before) return false
  writeFileSync(file, after)
  return true
}
