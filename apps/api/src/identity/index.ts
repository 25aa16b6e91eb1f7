/**
 * Owns accounts, passwords and logins. Never decides what an account may do elsewhere: it proves who asks, and with which role.
 * The picture is docs/auth-routing.md.
 */
export type { Login } from './authentication.ts'
export { createIdentity, type Identity, type IdentityDeps } from './wiring.ts'
