import { ApiError, UnexpectedResponseError } from '@medforge/client'
import type { ProblemItem } from '@medforge/contracts'

/** An error as pages show it. Serializable, for props of client components. */
export type Failure = {
  title: string
  /** Why; the problem's own detail where there is one. */
  detail: string
  /** What the person can do; null where the detail has it. */
  advice: string | null
  /** The problem's code; null for other errors. */
  code: string | null
  /** For whoever repairs it, in small print; null where there is nothing but the detail. */
  technical: string | null
  /** Null where the operator's logs are of no use. */
  requestId: string | null
  errors: readonly ProblemItem[]
  retryAfterSeconds: number | null
}

type Advice = { title: string; advice: string | null }

const ADVICE: Record<string, Advice> = {
  authentication_required: {
    title: 'You are not signed in any more',
    advice: 'The log-in has ended. You come back to this page.',
  },
  authentication_failed: {
    title: 'You are not signed in any more',
    advice: 'The log-in has ended, and nothing was counted. You come back to this page.',
  },
  invalid_credentials: {
    title: 'That did not match',
    advice: 'Check both, caps lock included. If the password is lost, the operator can reset it.',
  },
  account_disabled: {
    title: 'This account is disabled',
    advice: 'Ask the operator of this MedForge to enable it again.',
  },
  signup_closed: {
    title: 'No account was made',
    advice: null,
  },
  email_taken: {
    title: 'That e-mail already has an account',
    advice: 'Log in with it, or sign up with another address.',
  },
  display_name_taken: {
    title: 'Somebody has that name, or one that looks like it',
    advice: 'Choose another, or add something to it.',
  },
  origin_not_allowed: {
    title: 'This page may not do that',
    advice: 'Open MedForge at its own address and try again.',
  },
  no_gpu_available: {
    title: 'No GPU is free',
    advice:
      'Every GPU is in use or out of service. Launch again when one is free; nothing was reserved for you.',
  },
  concurrent_limit_reached: {
    title: 'Your account may hold no further session',
    advice: null,
  },
  launch_limit_reached: {
    title: 'Too many launches within an hour',
    advice: null,
  },
  storage_limit_reached: {
    title: 'Your storage is used up',
    advice: null,
  },
  session_start_failed: {
    title: 'The session did not start',
    advice: null,
  },
  runtime_unavailable: {
    title: 'Sessions cannot be started right now',
    advice: 'If it lasts, tell the operator.',
  },
  session_access_denied: { title: 'This is not your session', advice: null },
  session_not_found: { title: 'There is no such session', advice: 'Go back to your dashboard.' },
  submission_cap_reached: {
    title: 'Today’s submissions are used up',
    advice: 'The count starts again at 00:00 UTC. This file has not been counted.',
  },
  submission_too_large: {
    title: 'The file is too large',
    advice: 'Send the required columns only. Nothing was counted.',
  },
  submission_validation_failed: {
    title: 'The file does not fit this competition',
    advice: 'Correct the file and submit it again. Nothing was counted.',
  },
  submission_processing_failed: {
    title: 'The file could not be kept',
    advice: 'The fault is ours, and nothing was counted. Submit again in a minute.',
  },
  competition_closed: {
    title: 'This competition is closed',
    advice: 'Its leaderboard stays open to read.',
  },
  holdout_unavailable: {
    title: 'This competition cannot be scored right now',
    advice:
      'Files of this competition are missing or damaged, and nothing was counted. Tell the operator, and submit again later.',
  },
  service_unavailable: {
    title: 'MedForge is busy',
    advice: 'A part of the platform is away for a moment. Try again shortly.',
  },
  internal_error: {
    title: 'Something broke on our side',
    advice: 'Try again. If it happens again, give the operator the request number.',
  },
  request_validation_failed: { title: 'Something in the form is not right', advice: null },
  not_found: {
    title: 'The API does not know this address',
    advice: 'The web app and the API may be of different versions. Tell the operator.',
  },
}

/** For a test that the catalogue has them all. */
export const ADVISED_CODES = Object.keys(ADVICE)

const UNREACHABLE_ADVICE =
  'Check your connection and that this MedForge’s API name resolves, then try again. If it lasts, tell the operator.'
const WRONG_ANSWER_ADVICE =
  'What answered was not MedForge’s API: its address is wrong or its routing is broken. Tell the operator.'

export function explain(error: unknown): Failure {
  if (error instanceof ApiError) return explainApiError(error)
  if (error instanceof UnexpectedResponseError) {
    if (!hasNoResponse(error)) {
      return {
        ...NO_PROBLEM,
        title: 'The answer was not MedForge’s',
        detail: 'Something else answered in its place.',
        advice: WRONG_ANSWER_ADVICE,
        technical: error.message,
      }
    }
    return isOffline()
      ? {
          ...NO_PROBLEM,
          title: 'This browser is offline',
          detail: 'Nothing was sent.',
          advice: 'Connect it again, then try again.',
        }
      : {
          ...NO_PROBLEM,
          title: 'MedForge’s API did not answer',
          detail: 'No answer came back, so it is not known whether it got the request.',
          advice: UNREACHABLE_ADVICE,
          technical: error.message,
        }
  }
  return {
    ...NO_PROBLEM,
    title: 'Something broke in this page',
    detail: 'The fault is ours.',
    advice: 'Load the page again. If it happens again, tell the operator.',
    technical: error instanceof Error ? error.message : null,
  }
}

/** A browser may take itself for offline and still reach a MedForge of its own network, so this explains a failure and prevents nothing. */
function isOffline(): boolean {
  return typeof navigator !== 'undefined' && navigator.onLine === false
}

const NO_PROBLEM = {
  code: null,
  technical: null,
  requestId: null,
  errors: [],
  retryAfterSeconds: null,
}

function explainApiError(error: ApiError): Failure {
  const known = ADVICE[error.code]
  return {
    title: titleOf(error, known),
    detail: detailOf(error),
    technical: null,
    advice: known?.advice ?? (isWaitUnknown(error) ? 'Wait a minute, then try again.' : null),
    code: error.code,
    requestId: error.status >= 500 ? error.requestId : null,
    errors: error.errors,
    retryAfterSeconds: error.retryAfterSeconds,
  }
}

function detailOf(error: ApiError): string {
  if (error.code === 'request_validation_failed') return faultsOf(error)
  // The time stands once, where it counts down.
  const isCountedDown = error.code === 'rate_limit_exceeded' && error.retryAfterSeconds !== null
  return isCountedDown ? error.message.replace(WAIT, '').trim() : error.message
}

const WAIT = / ?Try again in \d+ s\./

/** A schema's faults as sentences about the fields of a form. */
function faultsOf({ errors, message }: ApiError): string {
  if (errors.length === 0) return message
  return errors.map((item) => `${fieldName(item)}: ${faultText(item)}`).join(' ')
}

function fieldName({ loc }: ProblemItem): string {
  const name = String(loc.at(-1) ?? 'It').replaceAll('_', ' ')
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

const FAULT_TEXTS: Record<string, string> = {
  'value_error.missing': 'This is needed.',
  'value_error.minLength': 'This is too short.',
  'value_error.maxLength': 'This is too long.',
  'value_error.minimum': 'This number is too small.',
  'value_error.maximum': 'This number is too large.',
  'value_error.pattern': 'This does not have the expected form.',
  'type_error.integer': 'This has to be a whole number.',
  'type_error.number': 'This has to be a number.',
}

/** What is wrong with a field, as a sentence beside it: the API's own words where they are no schema's. */
export function faultText({ msg, type }: Pick<ProblemItem, 'msg' | 'type'>): string {
  const known = FAULT_TEXTS[type]
  if (known !== undefined) return known
  const isSentence = /^\p{Lu}/u.test(msg)
  const text = isSentence ? msg : `This ${msg}`
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function titleOf(error: ApiError, known: Advice | undefined): string {
  if (error.code === 'rate_limit_exceeded') return 'Too many tries'
  return known?.title ?? 'That did not work'
}

function isWaitUnknown({ code, retryAfterSeconds }: ApiError): boolean {
  return code === 'rate_limit_exceeded' && retryAfterSeconds === null
}

export function needsLogin(failure: Failure): boolean {
  return failure.code === 'authentication_required' || failure.code === 'authentication_failed'
}

/** Then it is not known whether the request was carried out. */
export function hasNoResponse(error: unknown): boolean {
  return error instanceof UnexpectedResponseError && error.status === null
}

/** For idempotent writes: up to two retries where no response came. */
export function retryWrite(failureCount: number, error: Error): boolean {
  return failureCount < 2 && hasNoResponse(error)
}

/** Up to two retries, unless the API refused with a 4xx. */
export function retryRead(failureCount: number, error: unknown): boolean {
  if (failureCount >= 2) return false
  return error instanceof ApiError ? error.status >= 500 : true
}
