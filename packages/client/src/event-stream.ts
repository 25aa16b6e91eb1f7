import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream'

/** The messages of a `text/event-stream` body, one by one; one that the end cuts off is dropped. Leaving the loop cancels the body. */
export async function* readEventStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<EventSourceMessage> {
  const reader = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  try {
    // Not `for await`: Safari's streams are not iterable.
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
