/** Loaded after signing in unless another target is given. */
export const DEFAULT_TARGET = '/dashboard'

export function loginAddress(target: string): string {
  return withNext('/login', target)
}

export function signupAddress(target: string): string {
  return withNext('/signup', target)
}

function withNext(path: string, target: string): string {
  return target === DEFAULT_TARGET ? path : `${path}?next=${encodeURIComponent(target)}`
}
