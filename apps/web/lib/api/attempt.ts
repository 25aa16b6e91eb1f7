import { explain, type Failure } from './failure.ts'

export type Attempt<Value> = { ok: true; value: Value } | { ok: false; failure: Failure }

/**
 * Run a read that a page can live without, or can explain the absence of.
 * A page that lets it throw instead shows a reader nothing but a digest: Next.js hides the messages of a server.
 */
export async function attempt<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { ok: true, value: await read() }
  } catch (error) {
    return { ok: false, failure: explain(error) }
  }
}
