import type { MultipartFile, MultipartValue } from '@fastify/multipart'
import type { Bundle } from '@medforge/competitions'
import { NOTE_MAX } from '@medforge/contracts'
import { type Checker, type CheckResult, createChecker } from '@medforge/scoring'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../http/domain-error.ts'
import { UPLOAD_TYPE } from '../http/problem.ts'
import { invalidRequest } from '../http/validation.ts'
import { cleanNote } from './note.ts'
import {
  noteRefused,
  storeFull,
  tooLarge,
  unkept,
  validationFailed,
  wrongFilename,
} from './refusals.ts'
import { type IncomingFile, StoreFullError, type SubmissionStore } from './submission-store.ts'
import { type Pace, watchPace } from './upload-pace.ts'
import { longestTransferMs } from './upload-times.ts'

export type Upload = {
  /** As the person named it, without folders and made harmless. */
  filename: string
  sizeBytes: number
  file: IncomingFile
  note: string | null
}

export type UploadLimits = { maxBytes: number }
type PacedLimits = UploadLimits & { pace: Pace; ended: AbortSignal }

// What is still read of a file that is too large, so that the answer has its true size and the sender gets to read it.
const OVERSIZE_READ_MAX_BYTES = 32 * 1024 * 1024
const FILENAME_MAX = 255
// Four bytes a character, and room for blanks around them.
const NOTE_BYTES_MAX = 8 * NOTE_MAX
// The sender may still be sending: without this the rest would be read to the end.
const CLOSE = { connection: 'close' }

/**
 * Receive one part named `file` into the store, checking it while it streams, so that neither its bytes nor its rows are ever held as
 * a whole; and a text named `note`, where there is one.
 *
 * @returns a file that is complete, valid and not yet kept: the caller keeps or discards it
 * @throws DomainError for everything else, with nothing left behind
 */
export async function receiveUpload(
  request: FastifyRequest,
  store: Pick<SubmissionStore, 'receive'>,
  bundle: Bundle,
  submissionId: string,
  limits: UploadLimits,
): Promise<Upload> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const ending = new AbortController()
  const end = (refusal: DomainError) => {
    reject(refusal)
    // What was being read gives back its memory and its file now, not when the connection is gone.
    ending.abort(refusal)
  }
  // The pace ends senders that are too slow; this one is for a parser that falls silent, and for a file beyond the largest size.
  const timer = setTimeout(() => {
    const detail = 'The upload did not arrive in time. Send it again.'
    end(new DomainError('request_timeout', { detail, headers: CLOSE }))
  }, longestTransferMs(limits.maxBytes))
  // Everything that its connection brought, whichever part of the form it belongs to.
  const { socket } = request.raw
  using pace = watchPace(
    () => socket.bytesRead ?? 0,
    () => end(tooSlow()),
  )
  try {
    const paced = { ...limits, pace, ended: ending.signal }
    return await Promise.race([readParts(request, store, bundle, submissionId, paced), timeout])
  } finally {
    clearTimeout(timer)
  }
}

function tooSlow(): DomainError {
  const detail =
    'The upload came too slowly, or stopped, and was ended so that others get their turn. It cost no submission; send it again over a faster line.'
  return new DomainError('request_timeout', { detail, headers: CLOSE })
}

/** Asked before anything is looked up; a form that is none is no upload, whatever it is for. */
export function assertMultipart(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding']
  if (request.isMultipart() && (encoding === undefined || encoding === 'identity')) return
  throw new DomainError('unsupported_media_type', {
    detail: UPLOAD_TYPE,
    headers: CLOSE,
  })
}

async function readParts(
  request: FastifyRequest,
  store: Pick<SubmissionStore, 'receive'>,
  bundle: Bundle,
  submissionId: string,
  limits: PacedLimits,
): Promise<Upload> {
  let upload: Omit<Upload, 'note'> | null = null
  let note: string | null | undefined
  // The file may be whole while the form is not: nothing may wake the loop below any more.
  const drop = () => void upload?.file.discard()
  limits.ended.addEventListener('abort', drop, { once: true })
  try {
    // One more of each than is allowed, so that the surplus is seen and refused.
    const parts = request.parts({
      limits: {
        files: 2,
        fields: 2,
        parts: 4,
        fieldSize: NOTE_BYTES_MAX,
        fileSize: Number.POSITIVE_INFINITY,
      },
    })
    for await (const part of parts) {
      if (part.type === 'file' && part.fieldname === 'file' && !upload) {
        upload = await readFilePart(part, store, bundle, submissionId, limits)
      } else if (part.type === 'field' && part.fieldname === 'note' && note === undefined) {
        note = readNotePart(part)
      } else {
        throw unexpectedPart(part)
      }
    }
    if (!upload) throw missingPart()
    return { ...upload, note: note ?? null }
  } catch (error) {
    await upload?.file.discard()
    throw error instanceof DomainError ? error : malformed(error)
  }
}

async function readFilePart(
  part: MultipartFile,
  store: Pick<SubmissionStore, 'receive'>,
  bundle: Bundle,
  submissionId: string,
  { maxBytes, pace, ended }: PacedLimits,
): Promise<Omit<Upload, 'note'>> {
  const filename = cleanFilename(part.filename)
  if (!filename.toLowerCase().endsWith('.csv')) throw wrongFilename(CLOSE)
  const file = await pace.busy(store.receive(submissionId)).catch((cause) => {
    throw cause instanceof StoreFullError ? storeFull() : unkept(cause)
  })
  try {
    const checker = createChecker(bundle.spec, bundle.expected)
    const sizeBytes = await readBytes(part, file, checker, { maxBytes, pace, ended })
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes, sizeBytes, CLOSE)
    assertValid(checker.end())
    return { filename, sizeBytes, file }
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** A part that says it is JSON arrives parsed, and a text that is longer than any note arrives cut. */
function readNotePart({ value, valueTruncated }: MultipartValue): string | null {
  const note = typeof value === 'string' && !valueTruncated ? cleanNote(value) : undefined
  if (note === undefined) throw noteRefused(CLOSE)
  return note
}

/** Into the file and the checker, as far as the limit; beyond it bytes are only counted. */
async function readBytes(
  part: MultipartFile,
  file: IncomingFile,
  checker: Checker,
  { maxBytes, pace, ended }: PacedLimits,
): Promise<number> {
  let sizeBytes = 0
  ended.throwIfAborted()
  ended.addEventListener('abort', () => part.file.destroy(ended.reason), { once: true })
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes + OVERSIZE_READ_MAX_BYTES) break
    if (sizeBytes > maxBytes) continue
    checker.write(chunk)
    await pace.busy(file.write(chunk)).catch((cause) => {
      throw unkept(cause)
    })
  }
  return sizeBytes
}

function assertValid(result: CheckResult): void {
  if (!result.ok) throw validationFailed(result)
}

function unexpectedPart(part: { fieldname: string }): DomainError {
  const refusal = invalidRequest([
    {
      loc: ['body', part.fieldname.slice(0, 100)],
      msg: 'is not expected: the form has one file, named "file", and may have one text, named "note"',
      type: 'value_error.unexpected_part',
    },
  ])
  return new DomainError(refusal.key, { ...refusal, headers: CLOSE })
}

function missingPart(): DomainError {
  return invalidRequest([
    { loc: ['body', 'file'], msg: 'is required', type: 'value_error.missing' },
  ])
}

function malformed(cause: unknown): DomainError {
  return new DomainError('request_validation_failed', {
    detail:
      'The body is not well-formed multipart/form-data with one file, named "file", and at most one text, named "note".',
    errors: [{ loc: ['body'], msg: 'is not well-formed', type: 'value_error.multipart' }],
    headers: CLOSE,
    cause,
  })
}

/** For showing only. Folders, control characters and those that turn the direction of writing are removed. */
export function cleanFilename(given: string | undefined): string {
  const name = (given ?? '').split(/[/\\]/).at(-1) ?? ''
  const clean = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '')
  const points = [...clean.trim()]
  if (points.length <= FILENAME_MAX) return points.join('')
  // The end is the extension.
  return `${points.slice(0, FILENAME_MAX - 20).join('')}…${points.slice(-19).join('')}`
}
