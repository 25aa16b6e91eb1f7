import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Docker } from '../docker/client.ts'
import { CUT_SCRIPT, createSessionFlows } from './flows.ts'

const execute = promisify(execFile)

/** A kernel in a folder: one connection to each address, and only 10.0.0.9 keeps its own when it is told to end. */
const STUBBORN_SS = `#!/bin/sh
for address in "$@"; do :; done
case "$*" in
  *-K*) [ "$address" = 10.0.0.9 ] || touch "$(dirname "$0")/$address" ;;
  *) [ -e "$(dirname "$0")/$address" ] || echo "ESTAB 0 0 10.0.0.1:40000 $address:8080" ;;
esac
`

test('the script names the addresses that resist, and cuts the others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'medforge-flows-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ss'), STUBBORN_SS)
  await chmod(join(folder, 'ss'), 0o755)
  const script = `PATH="${folder}:$PATH"; ${CUT_SCRIPT}`
  const addresses = ['10.0.0.8', '10.0.0.9', '10.0.0.7']
  const { stdout } = await execute('sh', ['-c', script, 'flows', ...addresses])
  expect(stdout).toBe('10.0.0.9\n')
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
        const address = addresses[name.replace('mf-session-', '')]
        if (address === undefined) throw new Error('Input/output error.')
        return { NetworkSettings: { Networks: { 'mf-sessions': { IPAddress: address } } } }
      },
    }),
    async createContainer({ Cmd }: { Cmd: string[] }) {
      commands.push(Cmd.slice(4))
      return { id: 'helper' }
    },
  }
  return { docker: docker as unknown as Docker, commands }
}

test('one session that cannot be inspected keeps nobody else from being cut, and is named', async () => {
  const { docker, commands } = dockerWith(
    { aaaaaaaa: '10.0.0.8', bbbbbbbb: '10.0.0.9' },
    '10.0.0.9\r\n',
  )
  const flows = createSessionFlows({ docker, helperImage: 'api', network: 'mf-sessions' })
  const left = await flows.cut(['aaaaaaaa', 'sick', 'bbbbbbbb'], new AbortController().signal)
  expect(left.toSorted()).toEqual(['bbbbbbbb', 'sick'])
  expect(commands).toEqual([['10.0.0.8', '10.0.0.9']])
})
