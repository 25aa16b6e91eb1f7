/**
 * The only `fetch` in the repository: typed calls to MedForge's API for the web app, the command line and the tests.
 * Knows messages and errors, no rules. Messages are described in @medforge/contracts.
 */
export { ApiError, UnexpectedAnswerError } from './api-error.ts'
export { type Client, createClient, type PageQuery, type SubmitOptions } from './client.ts'
export type { ClientOptions, Page } from './transport.ts'
