import type {
  AdminGpu,
  AdminGpuChange,
  AdminOverview,
  AdminSession,
  AdminSessionQuery,
  AdminSubmission,
  AdminSubmissionQuery,
  AdminUser,
  AdminUserChange,
  AdminUserQuery,
  AdminVersions,
  AuditEvent,
  AuditQuery,
  Invitation,
  InvitationRequest,
  ListQuery,
  Message,
  NewInvitation,
  ProbingReport,
  Rescore,
  RescoreSwitch,
  Submission,
} from '@medforge/contracts'
import type { Transport } from './transport.ts'

/** A list's filter with the page that is asked for. */
type Paged<Query> = { [Name in keyof Omit<Query, 'limit'>]?: Query[Name] | undefined } & {
  limit?: number
}

/** What administrators alone may do, one method an operation. */
export function adminCalls(transport: Transport) {
  const rescorePath = (slug: string) => `/admin/competitions/${encodeURIComponent(slug)}/rescore`

  return {
    overview: (signal?: AbortSignal) =>
      transport.data<AdminOverview>('GET', '/admin/overview', { signal }),
    versions: (signal?: AbortSignal) =>
      transport.data<AdminVersions>('GET', '/admin/versions', { signal }),
    listGpus: (signal?: AbortSignal) =>
      transport.data<AdminGpu[]>('GET', '/admin/gpus', { signal }),
    changeGpu: (id: number, json: AdminGpuChange) =>
      transport.data<AdminGpu>('PATCH', `/admin/gpus/${id}`, { json }),
    listSessions: (query: Paged<AdminSessionQuery> = {}, signal?: AbortSignal) =>
      transport.page<AdminSession[]>('/admin/sessions', { query, signal }),
    listUsers: (query: Paged<AdminUserQuery> = {}, signal?: AbortSignal) =>
      transport.page<AdminUser[]>('/admin/users', { query, signal }),
    changeUser: (id: string, json: AdminUserChange) =>
      transport.data<AdminUser>('PATCH', `/admin/users/${id}`, { json }),
    listSubmissions: (query: Paged<AdminSubmissionQuery> = {}, signal?: AbortSignal) =>
      transport.page<AdminSubmission[]>('/admin/submissions', { query, signal }),
    /** Resolves when the score is there, or after ten seconds. */
    scoreAgain: (id: string) =>
      transport.data<Submission>('POST', `/admin/submissions/${id}/score`),
    /** @param reason  told to the person */
    excludeSubmission: (id: string, reason: string) =>
      transport.data<Submission>('POST', `/admin/submissions/${id}/exclude`, { json: { reason } }),
    restoreSubmission: (id: string) =>
      transport.data<Submission>('POST', `/admin/submissions/${id}/restore`),
    getProbing: (slug: string, query: Paged<ListQuery> = {}, signal?: AbortSignal) =>
      transport.page<ProbingReport>(`/admin/competitions/${encodeURIComponent(slug)}/probing`, {
        query,
        signal,
      }),
    getRescore: (slug: string, signal?: AbortSignal) =>
      transport.data<Rescore>('GET', rescorePath(slug), { signal }),
    startRescore: (slug: string) => transport.data<Rescore>('POST', rescorePath(slug)),
    switchRescore: (slug: string, json: RescoreSwitch) =>
      transport.data<Rescore>('POST', `${rescorePath(slug)}/switch`, { json }),
    abandonRescore: (slug: string) => transport.data<Rescore>('DELETE', rescorePath(slug)),
    listInvitations: (query: Paged<ListQuery> = {}, signal?: AbortSignal) =>
      transport.page<Invitation[]>('/admin/invitations', { query, signal }),
    createInvitation: (json: InvitationRequest) =>
      transport.data<NewInvitation>('POST', '/admin/invitations', { json }),
    revokeInvitation: (id: string) => transport.data<Message>('DELETE', `/admin/invitations/${id}`),
    listAuditEvents: (query: Paged<AuditQuery> = {}, signal?: AbortSignal) =>
      transport.page<AuditEvent[]>('/admin/audit', { query, signal }),
  }
}
