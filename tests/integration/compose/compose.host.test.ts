import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const execute = promisify(execFile)
const FOLDER = fileURLToPath(new URL('../../../deploy/compose', import.meta.url))

/** The example with every empty setting filled, as `up` leaves it. */
function writeSettings(): string {
  const text = readFileSync(join(FOLDER, '.env.example'), 'utf8')
    .replace(/^([A-Z]+_IMAGE)=$/gm, `$1=example.org/x@sha256:${'a'.repeat(64)}`)
    .replace(/^([A-Z_]+(?:SECRET|PASSWORD|URL))=$/gm, '$1=made-up')
  const file = join(mkdtempSync(join(tmpdir(), 'medforge-compose-')), '.env')
  writeFileSync(file, text)
  return file
}

async function composeConfig(files: string[], envFile: string): Promise<string> {
  const args = [
    ...['-p', 'medforge', '--env-file', envFile],
    ...files.flatMap((file) => ['-f', join(FOLDER, file)]),
    'config',
  ]
  const hasPlugin = await execute('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  )
  const [program, ...prefix] = hasPlugin ? ['docker', 'compose'] : ['docker-compose']
  return (await execute(program ?? '', [...prefix, ...args])).stdout
}

test.each([
  { kind: 'fuse', has: '/run/zfs', lacks: '/dev/zfs' },
  { kind: 'kernel', has: '/dev/zfs', lacks: '/run/zfs' },
])("this host's compose accepts the files for ZFS of kind $kind", async ({ kind, has, lacks }) => {
  const files = ['docker-compose.yml', `docker-compose.zfs-${kind}.yml`]
  const config = await composeConfig(files, writeSettings())
  expect(config).toContain(has)
  expect(config).not.toContain(lacks)
  expect(config).toContain('ipv4_address: 172.30.0.2')
})

test('each container of the platform gets the score that up has recorded', async () => {
  const envFile = writeSettings()
  writeFileSync(envFile, `${readFileSync(envFile, 'utf8')}\nPLATFORM_OOM_SCORE=-500\n`)
  const config = await composeConfig(['docker-compose.yml'], envFile)
  expect(config.match(/^ {4}oom_score_adj: .*$/gm)).toEqual(
    Array(5).fill('    oom_score_adj: -500'),
  )
})

test('the edge looks for a session by the name of its container alone, in no domain of the host', async () => {
  const config = await composeConfig(['docker-compose.yml'], writeSettings())
  const [, service] = /^ {2}caddy:\n((?: {4}.*\n)+)/m.exec(config) ?? []
  expect(service).toMatch(/^ {4}dns_search:\n +- ['"]?\.['"]?$/m)
})

test('compose refuses to start without the settings that up makes', async () => {
  const bare = join(mkdtempSync(join(tmpdir(), 'medforge-compose-')), '.env')
  writeFileSync(bare, '')
  await expect(composeConfig(['docker-compose.yml'], bare)).rejects.toThrow(/medforge up/)
})
