import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const SCRIPT = fileURLToPath(
  new URL('../../../../../ops/network/isolate-ports.sh', import.meta.url),
)
const CADDY = '02:42:ac:1e:00:02'
const USER = '02:42:ac:1e:00:10'

/** What the script says, and does to ports, when the bridge learns these addresses. */
function learn(lines: [mac: string, port: string][]) {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const fdb = lines.map(([mac, port]) => `${mac} dev ${port} master mf-sessions `).join('\n')
  writeFileSync(join(folder, 'fdb'), `${fdb}\n`)
  writeFileSync(join(folder, 'done'), '')
  const standIn = `#!/bin/sh
case "$1 $2" in
  "fdb show") cat ${folder}/fdb ;;
  "link set") echo "$4 $6" >> ${folder}/done ;;
esac
`
  writeFileSync(join(folder, 'bridge'), standIn)
  chmodSync(join(folder, 'bridge'), 0o755)
  const env = { PATH: `${folder}:/usr/bin:/bin`, EDGE: CADDY }
  const output = execFileSync('sh', [SCRIPT], { env, encoding: 'utf8' })
  const done = readFileSync(join(folder, 'done'), 'utf8')
  return { output: output.trim().split('\n'), done: done.trim().split('\n') }
}

test("isolates the ports of sessions and leaves the edge's", () => {
  expect(
    learn([
      [CADDY, 'veth1'],
      [USER, 'veth2'],
    ]),
  ).toEqual({
    output: ['watching', `isolated ${USER}`],
    done: ['veth1 off', 'veth2 on'],
  })
})

test('never opens an isolated port again, whatever address shows up on it', () => {
  const { output, done } = learn([
    [USER, 'veth2'],
    [CADDY, 'veth2'],
    [USER, 'veth2'],
    [CADDY, 'veth2'],
    [CADDY, 'veth1'],
  ])
  expect(done).toEqual(['veth2 on', 'veth2 on', 'veth1 off'])
  expect(output.filter((line) => line === `failed ${CADDY}`)).toHaveLength(2)
})
