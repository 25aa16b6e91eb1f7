import { webConfig } from './config/env.ts'

/** Called by Next.js before it serves, so that bad settings end the process. */
export function register(): void {
  webConfig()
}
