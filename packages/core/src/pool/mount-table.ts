/** A line of `/proc/<pid>/mountinfo`. */
export type Mount = { path: string; source: string; type: string; isShared: boolean }

/** The mounts in the text of `/proc/<pid>/mountinfo`, in its order: of several at one path the last is the one that is seen. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => parseLine(line) ?? [])
}

/** The mount that is seen at exactly `path`. */
export function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.findLast((mount) => mount.path === path)
}

/** As `findMount` of `parseMounts`, for a table of thousands of which one line is wanted. */
export function findMountInText(mountinfo: string, path: string): Mount | undefined {
  return findMount(parseMounts(linesWith(mountinfo, ` ${escapePath(path)} `)), path)
}

/** The datasets below `root` that are mounted anywhere, each once. */
export function listSources(mountinfo: string, root: string): string[] {
  const mounts = parseMounts(linesWith(mountinfo, ` ${escapePath(root)}/`))
  const sources = mounts.map(({ source }) => source)
  return [...new Set(sources)].filter((source) => source.startsWith(`${root}/`))
}

/** Whether the folder itself, or anything below it, is a mount point. */
export function hasMountWithin(mountinfo: string, folder: string): boolean {
  return parseMounts(mountinfo).some(({ path }) => path === folder || path.startsWith(`${folder}/`))
}

function linesWith(mountinfo: string, text: string): string {
  return mountinfo
    .split('\n')
    .filter((line) => line.includes(text))
    .join('\n')
}

// "36 35 98:0 /root /mount/point options [optional fields…] - type source super-options"
function parseLine(line: string): Mount | undefined {
  const [head = '', tail = ''] = line.split(' - ')
  const fields = head.split(' ')
  const path = fields[4]
  const [type, source] = tail.split(' ')
  if (path === undefined || type === undefined || source === undefined) return undefined
  return {
    path: unescapePath(path),
    source: unescapePath(source),
    type,
    isShared: fields.slice(6).some((field) => field.startsWith('shared:')),
  }
}

// The kernel writes space, tab, newline and backslash as three octal digits.
function escapePath(path: string): string {
  return path.replace(
    /[ \t\n\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
