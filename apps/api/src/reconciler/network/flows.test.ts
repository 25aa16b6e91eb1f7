import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Docker } from '../docker/client.ts'
import { HostAwayError } from '../host-error.ts'
import { CUT_SCRIPT, createEdgeFlows } from './flows.ts'

const execute = promisify(execFile)
const { signal } = new AbortController()

/** A kernel in a folder: one connection to each address, and only 10.0.0.9 keeps its own when it is told to end. */
const STUBBORN_SS = `#!/bin/sh
for filter in "$@"; do :; done
address=\${filter#dst }
case "$*" in
  *-K*) [ "$address" = 10.0.0.9 ] || touch "$(dirname "$0")/$address" ;;
  *) [ -e "$(dirname "$0")/$address" ] || echo "ESTAB 0 0 10.0.0.1:40000 $address:8080" ;;
esac
`

test('the script names the flows that resist, and cuts the others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'medforge-flows-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ss'), STUBBORN_SS)
  await chmod(join(folder, 'ss'), 0o755)
  const script = `PATH="${folder}:$PATH"; ${CUT_SCRIPT}`
  const filters = ['dst 10.0.0.8', 'dst 10.0.0.9', 'dst 10.0.0.7']
  const { stdout } = await execute('sh', ['-c', script, 'flows', ...filters])
  expect(stdout).toBe('10.0.0.1:40000 10.0.0.9:8080\n')
})

/** A Docker with sessions at fixed addresses, whose helper answers with what resists; `sick` is there and cannot be inspected. */
function dockerWith(addresses: Record<string, string>, output: string) {
  const commands: string[][] = []
  const helper = {
    start: async () => {},
    wait: async () => ({ StatusCode: 0 }),
    logs: async () => Buffer.from(output),
    remove: async () => {},
  }
  const docker = {
    getContainer: (name: string) => ({
      ...helper,
      async inspect() {
        const slug = name.replace('mf-session-', '')
        const missing = slug === 'gone' ? { statusCode: 404 } : {}
        const address = addresses[slug]
        if (address === undefined) throw Object.assign(new Error('Input/output error.'), missing)
        return { NetworkSettings: { Networks: { 'mf-sessions': { IPAddress: address } } } }
      },
    }),
    async createContainer({ Cmd }: { Cmd: string[] }) {
      commands.push(Cmd.slice(4))
      return { id: 'helper' }
    },
  }
  const flows = createEdgeFlows({
    docker: docker as unknown as Docker,
    helperImage: 'api',
    network: 'mf-sessions',
  })
  return { flows, commands }
}

describe(createEdgeFlows, () => {
  test('lets one session that cannot be inspected keep nobody else from being cut, and names it', async () => {
    const { flows, commands } = dockerWith(
      { aaaaaaaa: '10.0.0.8', bbbbbbbb: '10.0.0.9' },
      '10.0.0.1:40000 10.0.0.9:8080\r\n',
    )
    const sessions = ['aaaaaaaa', 'sick', 'bbbbbbbb', 'gone']
    const left = await flows.cut({ clients: [], sessions }, signal)
    expect(left.clients).toEqual([])
    expect(left.sessions.toSorted()).toEqual(['bbbbbbbb', 'sick'])
    expect(commands).toEqual([['dst 10.0.0.8', 'dst 10.0.0.9']])
  })

  test('names the clients whose connection resisted', async () => {
    const clients = ['192.0.2.7:50000', '[2001:db8::7]:50001', '192.0.2.7:50002']
    const { flows, commands } = dockerWith(
      {},
      '172.30.1.2:443 192.0.2.7:50002\r\n[2001:db8::1]:443 [2001:db8::7]:50001\r\n',
    )
    const left = await flows.cut({ clients, sessions: [] }, signal)
    expect(left).toEqual({ clients: ['[2001:db8::7]:50001', '192.0.2.7:50002'], sessions: [] })
    expect(commands).toEqual([
      ['( dst 192.0.2.7:50000 ) or ( dst [2001:db8::7]:50001 ) or ( dst 192.0.2.7:50002 )'],
    ])
  })

  test('starts no helper where nothing is to be cut', async () => {
    const { flows, commands } = dockerWith({}, '')
    await flows.cut({ clients: [], sessions: ['gone'] }, signal)
    expect(commands).toEqual([])
  })

  test('lists who is connected', async () => {
    const { flows } = dockerWith({}, '192.0.2.7:50000 172.30.1.3:8000 2\r\n')
    expect(await flows.listPeers(signal)).toEqual(new Set(['192.0.2.7:50000', '172.30.1.3:8000']))
  })

  test.for(['', '192.0.2.7:50000 2', '0.2.7:50000 192.0.2.7:50001 3'])(
    'takes no list that is not complete: %j',
    async (output) => {
      const { flows } = dockerWith({}, output)
      await expect(flows.listPeers(signal)).rejects.toThrow(HostAwayError)
    },
  )
})
