import type { IncomingMessage, ServerResponse } from 'node:http'
import { API_PREFIX, PROBLEM_MEDIA_TYPE, PROBLEMS } from '@medforge/contracts'
import { newId } from '@medforge/core'
import type { DirectAnswer } from '../http/answer-first.ts'
import type { Refusal } from '../http/domain-error.ts'
import { problemOf } from '../http/problem.ts'
import { logAnswer, SECURITY_HEADERS } from '../http/server.ts'
import type { Logger } from '../lib/logger.ts'
import { isGranted, type ProxyDecision, type ProxyVerdict, type SessionProxy } from './proxy.ts'

export const EDGE_QUESTION = '/auth/session-proxy'
const ROUTE = API_PREFIX + EDGE_QUESTION
const URLS = new Set<string | undefined>([ROUTE, `${ROUTE}?`])

export type EdgeQuestionsDeps = {
  proxy: SessionProxy
  logger: Logger
  /** Before the answer that grants it. */
  noteAccess(decision: ProxyDecision, request: IncomingMessage): void
  /** After that answer. */
  noteVisit(decision: ProxyDecision, requestId: string): void
  /** Whether the framework has to answer for now. */
  isForFramework(): boolean
}

/**
 * Answers what the edge asks before every request to a session, with the status, headers and body that the route would send. The framework
 * costs several times as much as the decision; it gets every question of another form, and each whose decision failed.
 */
export function createEdgeQuestions(deps: EdgeQuestionsDeps): {
  answer: DirectAnswer
  /** What was decided of a question before it was passed on after all. */
  decidedBefore(request: IncomingMessage): Promise<ProxyVerdict> | undefined
} {
  const { proxy, logger, isForFramework } = deps
  const decided = new WeakMap<IncomingMessage, Promise<ProxyVerdict>>()

  function finish(
    request: IncomingMessage,
    response: ServerResponse,
    { verdict, askedMs }: { verdict: ProxyVerdict; askedMs: number },
  ): void {
    const requestId = newId()
    if (isGranted(verdict)) {
      deps.noteAccess(verdict, request)
      writeGranted(response, verdict, requestId)
      deps.noteVisit(verdict, requestId)
    } else writeRefusal(response, verdict, requestId)
    if (!logger.isLevelEnabled('debug')) return
    logAnswer(logger, {
      request_id: requestId,
      method: 'GET',
      route: ROUTE,
      status: response.statusCode,
      user_id: isGranted(verdict) ? verdict.userId : undefined,
      durationMs: performance.now() - askedMs,
    })
  }

  return {
    decidedBefore: (request) => decided.get(request),
    answer(request, response, pass) {
      if (!isPlain(request) || isForFramework()) return pass()
      const askedMs = performance.now()
      const verdict = proxy.decide(request.headers)
      if (!(verdict instanceof Promise)) return finish(request, response, { verdict, askedMs })
      const passOn = () => {
        decided.set(request, verdict)
        pass()
      }
      verdict.then((known) => {
        if (isForFramework()) passOn()
        else finish(request, response, { verdict: known, askedMs })
      }, passOn)
    },
  }
}

/** For a yes or no alone. */
function isPlain({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    URLS.has(url) &&
    headers.prefer === 'return=minimal' &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  )
}

const GRANTED = {
  ...SECURITY_HEADERS,
  vary: 'Origin',
  'preference-applied': 'return=minimal',
  'content-length': '0',
}

function writeGranted(response: ServerResponse, { upstream }: ProxyDecision, requestId: string) {
  response.writeHead(200, { ...GRANTED, 'x-request-id': requestId, 'x-upstream': upstream }).end()
}

function writeRefusal(response: ServerResponse, refusal: Refusal, requestId: string): void {
  const { key, detail, headers } = refusal
  const body = JSON.stringify(problemOf(key, { detail, path: ROUTE, requestId }))
  response.writeHead(PROBLEMS[key].status, {
    ...SECURITY_HEADERS,
    vary: 'Origin',
    ...headers,
    'x-request-id': requestId,
    'content-type': `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
