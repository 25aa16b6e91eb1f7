import type { Readable } from 'node:stream'

/** The lines of a stream of text until it ends, breaks, or `signal` aborts; none of the three is an error. */
export async function* readLines(
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const source = stream as Readable
  const stop = () => source.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const decoder = new TextDecoder()
  let pending = ''
  try {
    for await (const chunk of source) {
      const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n')
      pending = lines.pop() ?? ''
      yield* lines.filter(Boolean)
    }
  } catch {
    // What broke the stream shows at the next call.
  } finally {
    signal.removeEventListener('abort', stop)
    source.destroy()
  }
}
