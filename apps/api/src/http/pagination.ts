import { createHmac, timingSafeEqual } from 'node:crypto'
import { LIMIT_DEFAULT, LIMIT_MAX, type ListQuery } from '@medforge/contracts'
import { DomainError } from './domain-error.ts'

export type Page = {
  limit: number
  /** The key that `encodeCursor` was given, or null on the first page. */
  cursor: unknown | null
}

export interface Pagination {
  /**
   * @param list  name of the list, so that a cursor of another list is refused
   * @throws DomainError `invalid_limit`, `invalid_cursor`, or `request_validation_failed` for a limit that is no integer
   */
  parsePage(list: string, query: ListQuery): Page
  /** An opaque cursor that only this installation can make. `key` is the keyset of the last row shown: JSON, no secrets (it is readable). */
  encodeCursor(list: string, key: unknown): string
}

const MAC_BYTES = 16

export function createPagination(secret: string): Pagination {
  const key = createHmac('sha256', secret).update('medforge pagination').digest()

  function sign(list: string, payload: Buffer): Buffer {
    const mac = createHmac('sha256', key).update(list).update('\0').update(payload)
    return mac.digest().subarray(0, MAC_BYTES)
  }

  function decode(list: string, cursor: string): unknown {
    const bytes = Buffer.from(cursor, 'base64url')
    const payload = bytes.subarray(MAC_BYTES)
    // The text itself is compared too: base64url readers accept several spellings of the same bytes.
    const isOurs =
      bytes.length > MAC_BYTES &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, MAC_BYTES), sign(list, payload))
    if (!isOurs) {
      throw new DomainError('invalid_cursor', {
        detail:
          'The cursor is not one that this list handed out. Start again without a cursor, or use meta.next_cursor unchanged.',
      })
    }
    return JSON.parse(payload.toString('utf8'))
  }

  return {
    parsePage(list, query) {
      const limit = parseLimit(query.limit)
      return { limit, cursor: query.cursor === undefined ? null : decode(list, query.cursor) }
    },
    encodeCursor(list, keyset) {
      const payload = Buffer.from(JSON.stringify(keyset))
      return Buffer.concat([sign(list, payload), payload]).toString('base64url')
    },
  }
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT
  if (!/^[+-]?\d{1,100}$/.test(text)) {
    throw new DomainError('request_validation_failed', {
      detail: 'The request is not valid: query.limit must be an integer.',
      errors: [{ loc: ['query', 'limit'], msg: 'must be an integer', type: 'type_error.integer' }],
    })
  }
  const limit = Number(text)
  if (limit < 1 || limit > LIMIT_MAX) {
    throw new DomainError('invalid_limit', {
      detail: `The limit must be between 1 and ${LIMIT_MAX}.`,
    })
  }
  return limit
}
