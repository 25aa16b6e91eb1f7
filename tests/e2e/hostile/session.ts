import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Session, sessionContainerName } from '@medforge/contracts'
import { docker, eventually, type Installation, REPOSITORY } from '../../support/installation.ts'
import type { Person } from '../../support/person.ts'
import { launch, visit } from '../../support/sessions.ts'

const FILES = ['server.mjs', 'attacks.js']

/**
 * What an owner can do from the terminal of the IDE: halt the IDE's parent process, so that nothing restarts, end the process that listens
 * on 8080, and listen there in its place.
 */
const TAKE_OVER = `
set -eu
inode=$(awk '$4 == "0A" && $2 ~ /:1F90$/ { print $10; exit }' /proc/net/tcp /proc/net/tcp6)
for pid in $(ls /proc | grep -E '^[0-9]+$'); do
  if ls -l /proc/$pid/fd 2>/dev/null | grep -q "socket:\\[$inode\\]"; then listener=$pid; fi
done
parent=$(awk '{ print $4 }' /proc/$listener/stat)
[ "$parent" = 1 ] || kill -STOP "$parent"
kill -KILL "$listener"
exec "$(command -v node || echo /opt/code-server/lib/node)" "$1"
`

/** A session of this person with a hostile server where the IDE was. */
export async function launchHostile(installation: Installation, owner: Person): Promise<Session> {
  const session = await launch(owner)
  const folder = join('/', session.workspace_zfs, 'hostile')
  mkdirSync(folder)
  for (const file of FILES) {
    copyFileSync(join(REPOSITORY, 'tests/e2e/hostile', file), join(folder, file))
  }
  const container = sessionContainerName(session.slug)
  const [server = ''] = FILES
  const script = ['sh', '-c', TAKE_OVER, 'take-over', `/workspace/hostile/${server}`]
  await docker('exec', '--detach', container, ...script)
  await eventually(
    async () => (await visit(installation, session.slug, owner)).text.includes('hostile'),
    'the hostile server answers',
  )
  return session
}
