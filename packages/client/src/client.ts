import type {
  AccessToken,
  AccessTokenRequest,
  CompetitionDetail,
  CompetitionSummary,
  CreateSessionRequest,
  CreateSessionResult,
  CurrentSession,
  DatasetDetail,
  DatasetSummary,
  Health,
  Leaderboard,
  LeaderboardSeries,
  LeaderboardStanding,
  Login,
  LoginRequest,
  LoginsEnded,
  Me,
  Message,
  NewAccessToken,
  OwnSubmission,
  PasswordChange,
  PlatformStatus,
  Principal,
  ProfileChange,
  Session,
  SignupRequest,
  SubmissionAccepted,
  SubmissionAllowance,
  SubmissionChange,
} from '@medforge/contracts'
import { adminCalls } from './admin.ts'
import { type ClientOptions, createTransport } from './transport.ts'

export type PageQuery = { limit?: number; cursor?: string | undefined }

export type SubmitOptions = {
  /** Makes a retry the same submission. */
  idempotencyKey?: string
  /** For the owner alone. */
  note?: string
  signal?: AbortSignal
}

export type Client = ReturnType<typeof createClient>

/**
 * MedForge's API, one method an operation. Safe in a browser and in Node.
 *
 * Every method throws `ApiError` where the API refuses, and `UnexpectedResponseError` where the response is not of the API or missing.
 */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options)
  const competitionPath = (slug: string) => `/competitions/${encodeURIComponent(slug)}`

  return {
    signup: (json: SignupRequest) => transport.data<Principal>('POST', '/auth/signup', { json }),
    login: (json: LoginRequest) => transport.data<Principal>('POST', '/auth/login', { json }),
    logout: () => transport.data<Message>('POST', '/auth/logout'),
    me: (signal?: AbortSignal) => transport.data<Me>('GET', '/me', { signal }),
    changeProfile: (json: ProfileChange) => transport.data<Me>('PATCH', '/me', { json }),
    /** Ends the other logins and replaces this one's cookie. */
    changePassword: (json: PasswordChange) =>
      transport.data<Message>('POST', '/auth/password', { json }),
    listLogins: (query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<Login[]>('/auth/logins', { query, signal }),
    endLogin: (id: string) => transport.data<Message>('DELETE', `/auth/logins/${id}`),
    listAccessTokens: (query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<AccessToken[]>('/auth/tokens', { query, signal }),
    createAccessToken: (json: AccessTokenRequest) =>
      transport.data<NewAccessToken>('POST', '/auth/tokens', { json }),
    revokeAccessToken: (id: string) => transport.data<Message>('DELETE', `/auth/tokens/${id}`),
    endOtherLogins: () => transport.data<LoginsEnded>('POST', '/auth/logins/end-others'),

    status: (signal?: AbortSignal) => transport.data<PlatformStatus>('GET', '/status', { signal }),
    /** Resolves to `degraded` too. */
    health: (signal?: AbortSignal) => transport.health<Health>('/healthz', signal),

    /** Resolves once the IDE responds. */
    createSession: (json: CreateSessionRequest = {}) =>
      transport.data<CreateSessionResult>('POST', '/sessions', { json }),
    /** Resolves at once with status `starting`; `sessionEvents` has the rest. */
    launchSession: (json: CreateSessionRequest = {}) =>
      transport.data<CreateSessionResult>('POST', '/sessions', {
        json,
        headers: { prefer: 'respond-async' },
      }),
    currentSession: async (signal?: AbortSignal) =>
      (await transport.data<CurrentSession>('GET', '/sessions/current', { signal })).session,
    listSessions: (query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<Session[]>('/sessions', { query, signal }),
    getSession: (id: string, signal?: AbortSignal) =>
      transport.data<Session>('GET', `/sessions/${id}`, { signal }),
    stopSession: (id: string) => transport.data<Message>('POST', `/sessions/${id}/stop`),
    async *sessionEvents(id: string, signal?: AbortSignal) {
      // Loaded when it is needed, because most pages of a browser do not.
      const { sessionEvents } = await import('./session-events.ts')
      yield* sessionEvents(transport, id, signal)
    },

    listCompetitions: (query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<CompetitionSummary[]>('/competitions', { query, signal }),
    getCompetition: (slug: string, signal?: AbortSignal) =>
      transport.data<CompetitionDetail>('GET', competitionPath(slug), { signal }),
    getLeaderboard: (slug: string, query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<Leaderboard>(`${competitionPath(slug)}/leaderboard`, { query, signal }),
    getStanding: (slug: string, signal?: AbortSignal) =>
      transport.data<LeaderboardStanding>('GET', `${competitionPath(slug)}/leaderboard/me`, {
        signal,
      }),
    getLeaderboardSeries: (slug: string, signal?: AbortSignal) =>
      transport.data<LeaderboardSeries>('GET', `${competitionPath(slug)}/leaderboard/series`, {
        signal,
      }),
    /** Resolves to CSV text. */
    getSampleSubmission: async (slug: string, signal?: AbortSignal) => {
      const path = `${competitionPath(slug)}/sample-submission`
      return (await transport.open('GET', path, { signal })).text()
    },
    listDatasets: (query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<DatasetSummary[]>('/datasets', { query, signal }),
    getDataset: (slug: string, signal?: AbortSignal) =>
      transport.data<DatasetDetail>('GET', `/datasets/${encodeURIComponent(slug)}`, { signal }),

    submit: (slug: string, file: File, { idempotencyKey, note, signal }: SubmitOptions = {}) => {
      const form = new FormData()
      if (note !== undefined) form.set('note', note)
      form.set('file', file)
      return transport.data<SubmissionAccepted>('POST', `${competitionPath(slug)}/submissions`, {
        form,
        signal,
        ...(idempotencyKey ? { headers: { 'idempotency-key': idempotencyKey } } : {}),
      })
    },
    listMySubmissions: (slug: string, query: PageQuery = {}, signal?: AbortSignal) =>
      transport.page<OwnSubmission[]>(`${competitionPath(slug)}/submissions/me`, { query, signal }),
    changeSubmission: (slug: string, id: string, json: SubmissionChange) =>
      transport.data<OwnSubmission>('PATCH', `${competitionPath(slug)}/submissions/${id}`, {
        json,
      }),
    /** Resolves to the bytes that were submitted. */
    getSubmissionFile: async (slug: string, id: string, signal?: AbortSignal) => {
      const path = `${competitionPath(slug)}/submissions/${id}/file`
      return (await transport.open('GET', path, { signal })).blob()
    },
    getAllowance: (slug: string, signal?: AbortSignal) =>
      transport.data<SubmissionAllowance>('GET', `${competitionPath(slug)}/submissions/allowance`, {
        signal,
      }),
    /** For administrators. */
    admin: adminCalls(transport),
  }
}
