import { type Static, Type } from 'typebox'
import { Id, literals } from './primitives.ts'

export const USER_ROLES = ['user', 'admin'] as const
export const UserRole = literals(USER_ROLES)
export type UserRole = (typeof USER_ROLES)[number]

export const PASSWORD_MIN_CODE_POINTS = 8
export const PASSWORD_MAX_CODE_POINTS = 128
export const EMAIL_MAX_LENGTH = 320
export const DISPLAY_NAME_MIN = 2
export const DISPLAY_NAME_MAX = 40
export const SESSION_COOKIE = 'medforge_session'

/** Lengths here only bound the message; the exact rules (code points, NFC, visible characters) are the server's. */
export const SignupRequest = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 2 * EMAIL_MAX_LENGTH }),
  password: Type.String({ maxLength: 4096 }),
  display_name: Type.Optional(Type.String({ maxLength: 400 })),
})
export type SignupRequest = Static<typeof SignupRequest>

export const LoginRequest = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 2 * EMAIL_MAX_LENGTH }),
  password: Type.String({ maxLength: 4096 }),
})
export type LoginRequest = Static<typeof LoginRequest>

export const Principal = Type.Object({
  user_id: Id,
  email: Type.String(),
  display_name: Type.String(),
  role: UserRole,
})
export type Principal = Static<typeof Principal>

export const Me = Type.Object({
  ...Principal.properties,
  max_concurrent_sessions: Type.Integer(),
  active_sessions: Type.Integer(),
})
export type Me = Static<typeof Me>
