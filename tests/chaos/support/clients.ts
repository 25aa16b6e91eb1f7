import type { Session } from '@medforge/contracts'
import type { Answer } from '../../support/https.ts'
import type { Installation } from '../../support/installation.ts'
import { type Person, signUp } from '../../support/person.ts'
import { flip, upload } from '../../support/submissions.ts'
import type { History, Operation } from './history.ts'

/** Somebody with a browser, whose every request is written down. None of these methods rejects: a request that got no answer is `unknown`. */
export interface Client {
  readonly person: Person
  /** Ask for a session; answered when it runs, or at once with `isAsync`. */
  create(options?: { isAsync?: boolean; packId?: string | null }): Promise<Operation>
  stop(sessionId: string): Promise<Operation>
  /** The session of `GET /sessions/current`; undefined where no answer came. */
  current(): Promise<Session | null | undefined>
  read(sessionId: string): Promise<Session | undefined>
  /** Upload a variant of the sample: `rows` of its labels are turned over. */
  upload(sample: string, rows: number): Promise<Operation>
}

export type ClientDeps = {
  installation: Installation
  history: History
  /** The pack that sessions use unless told otherwise. */
  packId: string
}

/** Refusals with a status of 500 and above that say for sure what became of the request. Any other leaves it open. */
const CLEAR_REFUSALS = ['session_start_failed', 'runtime_unavailable', 'uploads_saturated']

/** The answers that a person may get who asks for a session, besides the session. */
export const CREATE_REFUSALS = [
  'concurrent_limit_reached',
  'no_gpu_available',
  'runtime_unavailable',
  'session_start_failed',
  'service_unavailable',
]

/** What was answered with neither a success nor one of these refusals. A request without an answer is no such. */
export function undocumented(
  operations: readonly Operation[],
  refusals: readonly string[],
): Operation[] {
  return operations.filter(
    ({ status, code }) => status !== null && status >= 400 && !refusals.includes(code ?? ''),
  )
}

export async function newClient(deps: ClientDeps, name: string): Promise<Client> {
  return clientOf(deps, await signUp(deps.installation, name))
}

function clientOf({ history, packId }: ClientDeps, person: Person): Client {
  async function operate(
    what: Operation['what'],
    subject: string | null,
    send: () => Promise<Answer>,
  ): Promise<Operation> {
    const startedMs = Date.now()
    const answer = await send().catch(() => undefined)
    const operation = {
      ...{ who: person.email, what, startedMs, endedMs: Date.now() },
      ...judge(answer),
    }
    const whole = { ...operation, subject: operation.subject ?? subject }
    history.record(whole)
    return whole
  }

  async function readSession(path: string): Promise<Session | null | undefined> {
    const answer = await person.api('GET', path).catch(() => undefined)
    if (answer?.status !== 200) return undefined
    const { data } = answer.json() as { data: Session | { session: Session | null } }
    return 'session' in data ? data.session : data
  }

  return {
    person,
    create: ({ isAsync = false, packId: pack = packId } = {}) =>
      operate('create', null, () =>
        person.api('POST', '/sessions', {
          json: pack === null ? {} : { pack_id: pack },
          headers: isAsync ? { prefer: 'respond-async' } : {},
          timeoutMs: 150_000,
        }),
      ),
    stop: (id) => operate('stop', id, () => person.api('POST', `/sessions/${id}/stop`)),
    upload: (sample, rows) => operate('upload', null, () => upload(person, flip(sample, rows))),
    current: () => readSession('/sessions/current'),
    read: async (id) => (await readSession(`/sessions/${id}`)) ?? undefined,
  }
}

function judge(
  answer: Answer | undefined,
): Pick<Operation, 'outcome' | 'status' | 'code' | 'subject'> {
  if (!answer) return { outcome: 'unknown', status: null, code: null, subject: null }
  const { status } = answer
  const { code = null, data } = bodyOf(answer)
  if (status >= 300) {
    const isClear = code !== null && (status < 500 || CLEAR_REFUSALS.includes(code))
    return { outcome: isClear ? 'refused' : 'unknown', status, code, subject: null }
  }
  const subject = data?.session?.id ?? data?.submission?.id ?? null
  return { outcome: 'ok', status, code, subject }
}

type Body = {
  code?: string
  data?: { session?: { id: string }; submission?: { id: string } }
}

function bodyOf(answer: Answer): Body {
  try {
    return answer.json() as Body
  } catch {
    return {}
  }
}
