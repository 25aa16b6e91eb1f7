import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

export type EnvValues = Record<string, string>

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/

/** The assignments of an env file. The last one of a name counts; one pair of surrounding quotes is taken off. */
export function parseEnv(text: string): EnvValues {
  const values: EnvValues = {}
  for (const line of text.split('\n')) {
    const match = ASSIGNMENT.exec(line.trim())
    if (match?.[1] === undefined || match[2] === undefined) continue
    values[match[1]] = match[2].replace(/^(['"])(.*)\1$/, '$2')
  }
  return values
}

/**
 * The text of an env file in which every name of `values` has its value.
 *
 * Lines, comments and order of `text` stay as they are. Names that it lacks are appended, under the comment that
 * `template` has for them, so that a setting which a new version brings explains itself.
 */
export function mergeEnv(text: string, template: string, values: EnvValues): string {
  const missing = new Set(Object.keys(values))
  const lines = text.split('\n').map((line) => {
    const name = ASSIGNMENT.exec(line.trim())?.[1]
    const value = name === undefined ? undefined : values[name]
    if (name === undefined || value === undefined) return line
    missing.delete(name)
    return parseEnv(line)[name] === value ? line : `${name}=${value}`
  })
  if (missing.size === 0) return lines.join('\n')
  const comments = commentsOf(template)
  const added = [...missing].flatMap((name) => [
    ...(comments.get(name) ?? []),
    `${name}=${values[name]}`,
  ])
  return `${lines.join('\n').replace(/\n*$/, '\n')}\n${added.join('\n')}\n`
}

/** The comment lines directly above each assignment. */
function commentsOf(template: string): Map<string, string[]> {
  const comments = new Map<string, string[]>()
  let above: string[] = []
  for (const line of template.split('\n')) {
    const name = ASSIGNMENT.exec(line.trim())?.[1]
    if (name !== undefined) comments.set(name, above)
    above = line.startsWith('#') && !line.startsWith('# ---') ? [...above, line] : []
  }
  return comments
}

/** Write a file that holds secrets: mode 0600, and either the old or the new text is there whenever the machine stops. */
export function writeSecretFile(file: string, text: string): void {
  const staging = `${file}.new`
  const handle = openSync(staging, 'w', 0o600)
  chmodSync(staging, 0o600)
  writeSync(handle, text)
  fsyncSync(handle)
  closeSync(handle)
  renameSync(staging, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

export function readEnvFile(file: string): EnvValues | undefined {
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : undefined
}
