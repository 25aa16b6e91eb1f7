export const ADMIN_TAGS = ['Administration']
/** What every route of administrators can refuse; in competitions `authentication_failed` and `admin_access_denied`. */
export const ADMIN_PROBLEMS = ['authentication_required', 'admin_required'] as const
