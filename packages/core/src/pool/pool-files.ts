import { spawn } from 'node:child_process'

/** What is said wherever the file side of the pool hangs or is dead, whatever its command side says. */
export const POOL_FILES_SILENT = 'The file systems of the pool do not answer.'

/** `absent`: none of the folders is there, so nothing is mounted that could answer. */
export type PoolFiles = 'answer' | 'silent' | 'absent'

/** One question to the file systems that hold some paths. */
export type PoolQuestion = {
  /** Never rejects; never settles while one of them hangs. */
  answered: Promise<PoolFiles>
  /** Nobody waits for the answer any more. */
  abandon(): void
}

export type PoolFilesOptions = {
  limitMs: number
  /** How a question is put; replaced in tests. */
  ask?: (paths: readonly string[]) => PoolQuestion
}

/**
 * Ask whether the file systems at `paths` answer within a time limit. The returned function never rejects.
 *
 * The question is a process of its own: on a file system that hangs it cannot be killed, and would hold one of this process's few threads
 * for ever. One that was abandoned is the only one until it has ended, so that a pool that hangs for a day collects no processes.
 */
export function createPoolFiles(
  paths: readonly string[],
  options: PoolFilesOptions,
): () => Promise<PoolFiles> {
  const { limitMs, ask = askByStat } = options
  let current: Promise<PoolFiles> | undefined

  return () => {
    if (current) return current
    const question = ask(paths)
    const { promise, resolve } = Promise.withResolvers<PoolFiles>()
    const limit = setTimeout(() => {
      question.abandon()
      resolve('silent')
    }, limitMs)
    current = promise
    void question.answered.then((answer) => {
      clearTimeout(limit)
      current = undefined
      resolve(answer)
    })
    return promise
  }
}

/** A question that the kernel never answers from what it keeps: statfs(2) goes to the file system each time. */
function askByStat(paths: readonly string[]): PoolQuestion {
  const { promise, resolve } = Promise.withResolvers<PoolFiles>()
  const child = spawn('stat', ['--file-system', '--', ...paths], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  child.on('error', () => resolve('silent'))
  child.on('close', (code) => {
    resolve(code === 0 ? 'answer' : judge(complaint.trim().split('\n'), paths.length))
  })
  return {
    answered: promise,
    abandon() {
      child.kill('SIGKILL')
      child.unref()
      child.stderr.destroy()
    },
  }
}

/** A folder that is not there is no silence; a file system whose daemon is dead is. */
function judge(complaints: readonly string[], asked: number): PoolFiles {
  const missing = complaints.filter((line) => line.endsWith('No such file or directory')).length
  if (missing < complaints.length) return 'silent'
  return missing === asked ? 'absent' : 'answer'
}
