export type Mount = { path: string; source: string; type: string }

/** The topmost mount at exactly `path` in the text of `/proc/<pid>/mountinfo`, or undefined. */
export function findMount(mountinfo: string, path: string): Mount | undefined {
  const lines = mountinfo.split('\n').filter((line) => line.includes(` ${escapePath(path)} `))
  return lines
    .map(parseLine)
    .filter((mount) => mount?.path === path)
    .at(-1)
}

/** The datasets below `root` that are mounted anywhere, each once. */
export function listSources(mountinfo: string, root: string): string[] {
  const below = mountinfo
    .split('\n')
    .filter((line) => line.includes(` ${root}/`))
    .flatMap((line) => parseLine(line)?.source ?? [])
  return [...new Set(below)].filter((source) => source.startsWith(`${root}/`))
}

// "36 35 98:0 /root /mount/point options [optional fields…] - type source super-options"
function parseLine(line: string): Mount | undefined {
  const [head = '', tail = ''] = line.split(' - ')
  const path = head.split(' ')[4]
  const [type, source] = tail.split(' ')
  if (path === undefined || type === undefined || source === undefined) return undefined
  return { path: unescapePath(path), source: unescapePath(source), type }
}

function escapePath(path: string): string {
  return path.replace(
    /[ \t\n\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
