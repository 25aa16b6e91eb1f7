import { type Static, Type } from 'typebox'
import { Id, literals, nullable, Timestamp, UUID_PATTERN } from './primitives.ts'

export const USER_ROLES = ['user', 'admin'] as const
export const UserRole = literals(USER_ROLES)
export type UserRole = (typeof USER_ROLES)[number]

export const PASSWORD_MIN_CODE_POINTS = 8
export const PASSWORD_MAX_CODE_POINTS = 128
export const EMAIL_MAX_LENGTH = 320
export const DISPLAY_NAME_MIN = 2
export const DISPLAY_NAME_MAX = 40
export const SESSION_COOKIE = 'medforge_session'
/** Goes with the login cookie to the API's host alone; no page of another host can set it. */
export const HOST_BOUND_COOKIE = '__Host-medforge_session'

/** Who may make an account: everybody, whoever has an invitation, or nobody. */
export const SIGNUP_MODES = ['open', 'invite', 'closed'] as const
export type SignupMode = (typeof SIGNUP_MODES)[number]

/** Lengths here only bound the message; the exact rules (code points, NFC, visible characters) are the server's. */
export const SignupRequest = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 2 * EMAIL_MAX_LENGTH }),
  password: Type.String({ maxLength: 4096 }),
  display_name: Type.Optional(Type.String({ maxLength: 400 })),
  invitation_code: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'Needed where GET /status says `signup_mode` invite; ignored elsewhere.',
    }),
  ),
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

export const PasswordChange = Type.Object({
  current_password: Type.String({ maxLength: 4096 }),
  new_password: Type.String({ maxLength: 4096 }),
})
export type PasswordChange = Static<typeof PasswordChange>

export const ProfileChange = Type.Object({ display_name: Type.String({ maxLength: 400 }) })
export type ProfileChange = Static<typeof ProfileChange>

/** One of a person's own logins: a browser or program that holds a cookie. */
export const Login = Type.Object({
  id: Id,
  created_at: Timestamp,
  last_seen_at: Timestamp,
  expires_at: Timestamp,
  is_current: Type.Boolean({ description: 'The login that asks.' }),
})
export type Login = Static<typeof Login>

export const LoginIdParams = Type.Object({ login_id: Type.String({ pattern: UUID_PATTERN }) })

export const LoginsEnded = Type.Object({ message: Type.String(), ended: Type.Integer() })
export type LoginsEnded = Static<typeof LoginsEnded>

export const ACCESS_TOKEN_DAYS_MAX = 365
export const ACCESS_TOKEN_NAME_MAX = 80

export const AccessTokenRequest = Type.Object({
  name: Type.String({
    maxLength: ACCESS_TOKEN_NAME_MAX,
    // Neither control characters nor such as change the direction of what stands beside them.
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2066-\\u2069]+$',
    description: 'What it is for, in words of its owner.',
  }),
  expires_in_days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: ACCESS_TOKEN_DAYS_MAX, default: 30 }),
  ),
})
export type AccessTokenRequest = Static<typeof AccessTokenRequest>

/** A personal token, without the token itself. */
export const AccessToken = Type.Object({
  id: Id,
  name: Type.String(),
  created_at: Timestamp,
  expires_at: Timestamp,
  last_used_at: nullable(Timestamp),
})
export type AccessToken = Static<typeof AccessToken>

/** The one answer that has the token. */
export const NewAccessToken = Type.Object({ token: Type.String(), access_token: AccessToken })
export type NewAccessToken = Static<typeof NewAccessToken>

export const AccessTokenIdParams = Type.Object({ token_id: Type.String({ pattern: UUID_PATTERN }) })

export const INVITATION_USES_MAX = 10_000
export const INVITATION_NOTE_MAX = 200

export const InvitationRequest = Type.Object({
  max_uses: Type.Optional(Type.Integer({ minimum: 1, maximum: INVITATION_USES_MAX, default: 1 })),
  expires_at: Type.Optional(nullable(Timestamp)),
  note: Type.Optional(nullable(Type.String({ maxLength: INVITATION_NOTE_MAX }))),
})
export type InvitationRequest = Static<typeof InvitationRequest>

export const Invitation = Type.Object({
  id: Id,
  note: nullable(Type.String()),
  max_uses: Type.Integer(),
  uses: Type.Integer(),
  is_usable: Type.Boolean(),
  created_by: nullable(Type.String({ description: 'E-mail; null: the operator, on the host.' })),
  created_at: Timestamp,
  expires_at: nullable(Timestamp),
  revoked_at: nullable(Timestamp),
})
export type Invitation = Static<typeof Invitation>

/** The one answer that has the code. */
export const NewInvitation = Type.Object({ code: Type.String(), invitation: Invitation })
export type NewInvitation = Static<typeof NewInvitation>

export const InvitationIdParams = Type.Object({
  invitation_id: Type.String({ pattern: UUID_PATTERN }),
})
