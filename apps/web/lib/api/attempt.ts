import { explain, type Failure } from './failure.ts'

export type Attempt<Value> = { ok: true; value: Value } | { ok: false; failure: Failure }

/**
 * The outcome of a read as a value, for server components: Next.js replaces the message of an error that they throw by a digest.
 */
export async function attempt<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { ok: true, value: await read() }
  } catch (error) {
    return { ok: false, failure: explain(error) }
  }
}
