import { BoundedMap } from '@medforge/core/bounded-map'
import type { Login } from '../identity/index.ts'
import { batchReads } from './batch-reads.ts'
import type { AccessReading, LiveSession } from './repository.ts'

/** What is known of a login and a session; what is missing does not exist, or lets nobody in. */
export type Access = { login: Login | undefined; session: LiveSession | undefined }

export type KnownAccess = { login: Login; session: LiveSession }

export type AccessQuestion = {
  slug: string
  tokenHash: Buffer
  /** Names the login in memory: cheaper to make from a token than its hash is. */
  loginKey: string
}

/**
 * Who may enter which running session, as far as this process knows it.
 *
 * What was read holds while the epoch is what it was in that reading; a newest reading of the epoch vouches for that, not older than
 * `FRESH_MS` since it was *sent*. It is renewed every `RENEW_MS` while somebody asks. Memory only says yes: whoever gets no yes from
 * `recall` has to `read`, which never answers with a reading that began before the question.
 */
export interface AccessMemory {
  /** A login that goes on and a session that runs, both as the database has them now or had them at most `FRESH_MS` ago; or undefined. */
  recall(question: Pick<AccessQuestion, 'slug' | 'loginKey'>): KnownAccess | undefined
  /** One reading, shared by those who ask at the same moment. @throws the database's own error, within `WAIT_MS` */
  read(question: AccessQuestion): Promise<Access>
  /**
   * Do something that takes somebody's access. Nothing is recalled while it goes on, and nothing afterwards by a reading that was sent before
   * its end, whatever became of it.
   */
  changing<Result>(work: () => Promise<Result>): Promise<Result>
  /** This process is about to show somebody what it read: nothing is recalled any more by a reading that was sent before. */
  noteShown(): void
}

export type AccessMemoryDeps = {
  /** Epoch and rows in one statement, so that they are of one moment. */
  readAccess(questions: readonly AccessQuestion[]): Promise<AccessReading>
  readEpoch(): Promise<string | null>
  /** No clock that is set moves it. */
  monotonicMs: () => number
  setTimer?: SetTimer
}

export type SetTimer = (run: () => void, ms: number) => void

const FRESH_MS = 250
const RENEW_MS = 100
// The edge gives up at two seconds.
const WAIT_MS = 1_500
// One more than is needed to keep the database busy, so that one that hangs does not hold up the others.
const READS_AT_ONCE = 3
// About 5 MB; what was read longest ago makes room.
const LOGINS_MAX = 10_000
const SESSIONS_MAX = 10_000

type Vouched<Row> = { row: Row; epoch: string | null }

export function createAccessMemory(deps: AccessMemoryDeps): AccessMemory {
  const { readAccess, readEpoch, monotonicMs, setTimer = setUnrefTimer } = deps
  const logins = new BoundedMap<string, Vouched<Login>>(LOGINS_MAX)
  const sessions = new BoundedMap<string, Vouched<LiveSession>>(SESSIONS_MAX)
  /** Readings are numbered in the order in which they are sent. */
  let sent = 0
  let newest = { number: 0, sentMs: Number.NEGATIVE_INFINITY, epoch: null as string | null }
  /** Readings up to this one vouch for nothing. */
  let overtaken = 0
  let changes = 0
  let isAsked = false
  let isTimed = false
  let isRenewing = false

  async function send<Reading extends { epoch: string | null }>(
    read: () => Promise<Reading>,
  ): Promise<Reading> {
    sent += 1
    const number = sent
    const sentMs = monotonicMs()
    const reading = await read()
    if (number > newest.number) newest = { number, sentMs, epoch: reading.epoch }
    return reading
  }

  const ask = batchReads(
    (questions: readonly AccessQuestion[]) => send(() => readAccess(questions)),
    { atOnce: READS_AT_ONCE, limitMs: WAIT_MS },
  )

  function renewInTime(): void {
    isAsked = true
    if (isTimed) return
    isTimed = true
    setTimer(renew, RENEW_MS)
  }

  function renew(): void {
    isTimed = false
    if (!isAsked) return
    isAsked = false
    isTimed = true
    setTimer(renew, RENEW_MS)
    if (isRenewing) return
    isRenewing = true
    send(async () => ({ epoch: await readEpoch() }))
      // Whoever needs it meets the failure with a reading of their own.
      .catch(() => {})
      .finally(() => {
        isRenewing = false
      })
  }

  function noteShown(): void {
    overtaken = sent
  }

  return {
    recall({ slug, loginKey }) {
      renewInTime()
      const { number, sentMs, epoch } = newest
      if (changes > 0 || number <= overtaken || monotonicMs() - sentMs > FRESH_MS) return undefined
      const login = logins.get(loginKey)
      const session = sessions.get(slug)
      if (login?.epoch !== epoch || session?.epoch !== epoch) return undefined
      return { login: login.row, session: session.row }
    },
    async read(question) {
      const { slug, tokenHash, loginKey } = question
      const { epoch, logins: read, sessions: live } = await ask(question)
      const login = read.get(tokenHash.toString('hex'))
      const session = live.get(slug)
      if (login) logins.set(loginKey, { row: login, epoch })
      else logins.delete(loginKey)
      if (session?.isRunning) sessions.set(slug, { row: session, epoch })
      else sessions.delete(slug)
      return { login, session }
    },
    async changing(work) {
      changes += 1
      try {
        return await work()
      } finally {
        changes -= 1
        noteShown()
      }
    },
    noteShown,
  }
}

function setUnrefTimer(run: () => void, ms: number): void {
  setTimeout(run, ms).unref()
}
