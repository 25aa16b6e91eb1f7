/** What the keys of all queries of the administrator's pages begin with. */
export const ADMIN_KEY = ['admin'] as const

/** The state of the host has no event stream: the pages that show it ask again. */
export const ADMIN_POLL_MS = 3_000
