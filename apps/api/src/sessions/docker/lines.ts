import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** The lines of a stream of text until it ends or `signal` aborts; a broken stream ends quietly. */
export async function* readLines(
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const source = stream as Readable
  const stop = () => source.destroy()
  signal.addEventListener('abort', stop, { once: true })
  source.on('error', () => {})
  try {
    if (!signal.aborted) yield* createInterface({ input: source, crlfDelay: Infinity })
  } finally {
    signal.removeEventListener('abort', stop)
    source.destroy()
  }
}
