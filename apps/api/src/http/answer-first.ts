import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

/** Answers, or calls `pass`, once, for the framework to answer. */
export type DirectAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  pass: () => void,
) => void

/** Shows every request that comes over a connection to `answer` before the framework sees it; those of `app.inject` pass it by. */
export function answerFirst(server: Server, answer: DirectAnswer): void {
  const listeners = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    answer(request, response, () => {
      for (const listener of listeners) listener(request, response)
    })
  })
}
