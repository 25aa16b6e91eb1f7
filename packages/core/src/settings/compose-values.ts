/** Addresses of the containers on the control network; the compose file gives them out. */
export const CONTROL_ADDRESSES = {
  caddy: '172.30.1.2',
  api: '172.30.1.3',
  worker: '172.30.1.4',
  db: '172.30.1.5',
  web: '172.30.1.6',
} as const

/** Where a user of the database reaches it; the password may be a reference that compose fills in. */
export function databaseUrlOf(user: string, password: string): string {
  return `mysql://medforge_${user}:${password}@${CONTROL_ADDRESSES.db}:3306/medforge`
}

/** A reference in the compose file to a setting of `.env`; compose refuses to start without it. */
export function requiredReference(name: string): string {
  return `\${${name}:?run ./medforge up, which writes .env}`
}

/** A reference in the compose file to a variable that may be absent. */
export function optionalReference(name: string): string {
  return `\${${name}:-}`
}
