import { NOTE_MAX, type ProblemItem, type SubmissionAllowance } from '@medforge/contracts'
import type { CheckResult, Fault } from '@medforge/scoring'
import { DomainError } from '../http/domain-error.ts'
import { invalidRequest } from '../http/validation.ts'

/** What competitions refuse, each with the words that the contract fixes. */

type Headers = Record<string, string>

const FILE = ['body', 'file']

export function competitionNotFound(slug: string): DomainError {
  return new DomainError('competition_not_found', { detail: `There is no competition ${slug}.` })
}

export function datasetNotFound(slug: string): DomainError {
  return new DomainError('dataset_not_found', { detail: `There is no data set ${slug}.` })
}

export function submissionNotFound(id: string): DomainError {
  return new DomainError('submission_not_found', { detail: `There is no submission ${id}.` })
}

export function submissionFileGone(id: string): DomainError {
  return new DomainError('submission_file_gone', {
    detail: `The stored file of submission ${id} is missing on this installation, or is not the one that was accepted. Its score stays. Send the file again, or ask the operator to restore it from the backup.`,
  })
}

export function noteRefused(headers: Headers = {}): DomainError {
  const msg = `has to be a text of at most ${NOTE_MAX} characters`
  const refusal = invalidRequest([{ loc: ['body', 'note'], msg, type: 'value_error.note' }])
  return new DomainError(refusal.key, { ...refusal, headers })
}

export function competitionClosed(slug: string): DomainError {
  return new DomainError('competition_closed', {
    detail: `The competition ${slug} takes no submissions at present. Its leaderboard stays.`,
    // The file that comes along is not read.
    headers: { connection: 'close' },
  })
}

export function tooLarge(maxBytes: number, sizeBytes: number, headers: Headers): DomainError {
  const msg = `The file has ${sizeBytes} bytes; at most ${maxBytes} are accepted.`
  return new DomainError('submission_too_large', {
    detail: `${msg} It cost no submission.`,
    errors: [
      {
        loc: FILE,
        msg,
        type: 'value_error.submission_too_large',
        ctx: { max_bytes: maxBytes, size_bytes: sizeBytes },
      },
    ],
    headers,
  })
}

export function wrongFilename(headers: Headers): DomainError {
  const msg = 'The name of the file has to end in .csv.'
  return new DomainError('submission_validation_failed', {
    detail: `${msg} It cost no submission.`,
    errors: [
      { loc: FILE, msg, type: 'value_error.filename', ctx: { row: null, column: null, total: 1 } },
    ],
    headers,
  })
}

export function validationFailed(result: CheckResult & { ok: false }): DomainError {
  const { faults, total, missingColumns } = result
  const first = faults[0]?.message ?? ''
  const detail =
    missingColumns.length > 0
      ? `The file lacks the required columns: ${missingColumns.join(', ')}.`
      : total === 1
        ? first
        : `The file has ${total} faults. The first: ${first}`
  return new DomainError('submission_validation_failed', {
    detail: `${detail} It cost no submission.`,
    errors: faults.map((fault) => itemOf(fault, total)),
  })
}

function itemOf({ kind, message, row, column, count }: Fault, total: number): ProblemItem {
  return {
    loc: FILE,
    msg: message,
    type: `value_error.${kind}`,
    ctx: { row, column, count, total },
  }
}

/** The disk or the folder is at fault, not the person. */
export function unkept(cause: unknown): DomainError {
  return new DomainError('submission_processing_failed', {
    detail: 'An internal error occurred while processing the submission.',
    headers: { connection: 'close' },
    cause,
  })
}

/** More people upload at this moment than the server has memory for. */
export function uploadsSaturated(): DomainError {
  return new DomainError('service_unavailable', {
    detail:
      'Too many files are being uploaded right now. It cost no submission; try again in a moment.',
    headers: { 'retry-after': '5', connection: 'close' },
  })
}

export function exportsSaturated(): DomainError {
  return new DomainError('service_unavailable', {
    detail: 'Too many leaderboards are being made into files right now. Try again in a moment.',
    headers: { 'retry-after': '5' },
  })
}

export function storeFull(): DomainError {
  return new DomainError('service_unavailable', {
    detail:
      'The disk for submissions has no room left to spare, so no file is taken at present. It cost no submission; try again later, and tell the operator of this installation if it stays so.',
    headers: { 'retry-after': '300', connection: 'close' },
  })
}

export function accountDisabled(): DomainError {
  return new DomainError('authentication_failed', {
    detail:
      'This account was disabled while the file was on its way, so the file was not accepted. Ask the operator of this installation about it.',
  })
}

export function tooManyChecks(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `Too many files checked in a short time. Try again in ${retryAfterSeconds} s, or submit the file: one with faults costs no submission.`,
    headers: { 'retry-after': String(retryAfterSeconds), connection: 'close' },
  })
}

export function capReached(allowance: SubmissionAllowance, now: Date): DomainError {
  const { daily_cap: cap, resets_at } = allowance
  const msg = `${cap} of ${cap} used. It resets at ${resets_at}.`
  const retryAfterSeconds = Math.ceil((Date.parse(resets_at) - now.getTime()) / 1000)
  return new DomainError('submission_cap_reached', {
    detail: `Daily submission cap reached: ${msg}`,
    errors: [
      {
        loc: FILE,
        msg,
        type: 'value_error.submission_cap_reached',
        ctx: { ...allowance },
      },
    ],
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

export function idempotencyKeyReused(): DomainError {
  return idempotencyKeyRefused('was used for another file within the last 24 hours')
}

export function idempotencyKeyMalformed(): DomainError {
  return idempotencyKeyRefused('has to be 1 to 255 visible ASCII characters')
}

function idempotencyKeyRefused(msg: string): DomainError {
  return new DomainError('request_validation_failed', {
    detail: `The request is not valid: Idempotency-Key ${msg}.`,
    errors: [{ loc: ['header', 'idempotency-key'], msg, type: 'value_error.idempotency_key' }],
  })
}

export function holdoutUnavailable(slug: string): DomainError {
  return new DomainError('holdout_unavailable', {
    detail: `The holdout of ${slug} is missing or does not fit, so the submission waits in the queue. Import the holdout again, or run ./medforge up.`,
    headers: { 'retry-after': '30' },
  })
}

export function publicPartUnavailable(slug: string, cause: unknown): DomainError {
  return new DomainError('holdout_unavailable', {
    detail: `The files of ${slug} on this installation are missing or damaged, so no prediction can be checked. It cost no submission; try again later. The operator's remedy: import the competition again.`,
    // The file that comes along is not read.
    headers: { 'retry-after': '30', connection: 'close' },
    cause,
  })
}
