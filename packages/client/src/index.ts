/**
 * Typed calls of MedForge's API for the web app, the command line and the tests; the only `fetch` in the repository.
 * Messages are described in @medforge/contracts; there are no rules here.
 */
export { ApiError, UnexpectedResponseError } from './api-error.ts'
export { type Client, createClient, type PageQuery, type SubmitOptions } from './client.ts'
export type { ClientOptions, Page } from './transport.ts'
