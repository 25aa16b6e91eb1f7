import { webConfig } from './config/env.ts'

/** Next.js calls this once before it serves: bad settings end the process with a sentence. */
export function register(): void {
  webConfig()
}
