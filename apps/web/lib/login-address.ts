/** Where a person lands after signing in when nothing else was asked for. */
export const DEFAULT_TARGET = '/dashboard'

/** The log-in page, with the way back to `target`. */
export function loginAddress(target: string): string {
  return withNext('/login', target)
}

/** The sign-up page, with the way back to `target`. */
export function signupAddress(target: string): string {
  return withNext('/signup', target)
}

function withNext(path: string, target: string): string {
  return target === DEFAULT_TARGET ? path : `${path}?next=${encodeURIComponent(target)}`
}
