import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from './failure.ts'

/**
 * Hold the installation's lock until disposed, so that two commands never change it at once. Its folder is for locks only: root alone can
 * open it from now on.
 *
 * A child holds the lock and ends when our end of its pipe closes, so a kill -9 of this process releases it too.
 *
 * @throws Failure when another command holds it
 */
export async function acquireLock(file: string): Promise<AsyncDisposable> {
  // Whoever can open the file can hold the lock for ever.
  mkdirSync(dirname(file), { recursive: true })
  chmodSync(dirname(file), 0o700)
  const holder = spawn('flock', ['--nonblock', file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const gone = once(holder, 'exit')
  const held = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    gone.then(
      () => false,
      () => false,
    ),
  ])
  if (!held) {
    throw new Failure(
      'Another medforge command is changing this installation.',
      'Wait until it is done, or find it with: fuser -v '.concat(file, '.'),
    )
  }
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end()
      await gone
    },
  }
}
