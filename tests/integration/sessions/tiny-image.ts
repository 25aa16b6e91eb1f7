import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

// Answers /healthz like an IDE, keeps websockets open, and ends at SIGTERM unless it is told to be deaf. SIGUSR2: ends with exit code 3. SIGUSR1: takes all the memory that it can get. SIGHUP: fills /tmp.
const PROGRAM = `
const { createHash } = require('node:crypto')
const { openSync, writeSync } = require('node:fs')
const { createServer } = require('node:http')
process.on('SIGUSR2', () => process.exit(3))
process.on('SIGTERM', () => { if (process.argv[2] !== 'deaf') process.exit(0) })
process.on('SIGUSR1', () => {
  const kept = []
  for (;;) kept.push(Buffer.alloc(16 * 1024 * 1024, 1))
})
process.on('SIGHUP', () => {
  const file = openSync('/tmp/full', 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(1024 * 1024, 1))
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error
  }
})
function accept(request, socket) {
  const answer = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.on('error', () => {})
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: ' + answer]
  socket.write(lines.join('\\r\\n') + '\\r\\n\\r\\n')
}
createServer((_request, response) => response.end('ok')).on('upgrade', accept).listen(8080, '0.0.0.0', () => console.log('up'))
`

export type TinyImage = Disposable & { id: string }

/** What any pack has, for the init process. */
const TOOLS = ['sh', 'cat', 'cp', 'env', 'mkfifo', 'rm', 'sleep']

/** An image with nothing but this Node, some tools and a program that stands in for the IDE, from this machine's own files. */
export function buildTinyImage(): TinyImage {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-image-'))
  try {
    const files = new Map([
      [process.execPath, '/bin/node'],
      ...TOOLS.map((tool): [string, string] => [`/bin/${tool}`, `/bin/${tool}`]),
    ])
    const listed = execFileSync('ldd', [...files.keys()], { encoding: 'utf8' })
    const libraries = [...listed.matchAll(/\s(\/[^\s():]+) \(/g)].flatMap(([, path]) => path ?? [])
    for (const library of libraries) files.set(library, library)
    for (const [from, to] of files) {
      mkdirSync(join(folder, dirname(to)), { recursive: true })
      copyFileSync(from, join(folder, to))
    }
    mkdirSync(join(folder, 'tmp'))
    // The memory that Docker mounts there gets the rights of what is below.
    chmodSync(join(folder, 'tmp'), 0o1777)
    writeFileSync(join(folder, 'program.js'), PROGRAM)
    const command =
      'tar c -C "$1" . | docker import --change \'CMD ["/bin/node", "/program.js"]\' -'
    const id = execFileSync('sh', ['-c', command, 'sh', folder], { encoding: 'utf8' }).trim()
    return {
      id,
      [Symbol.dispose]() {
        execFileSync('docker', ['rmi', '-f', id], { stdio: 'ignore' })
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
