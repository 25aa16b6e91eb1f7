import { createHmac, timingSafeEqual } from 'node:crypto'
import { LIMIT_DEFAULT, LIMIT_MAX, type ListQuery } from '@medforge/contracts'
import type { PageRequest } from '@medforge/db'
import { DomainError } from './domain-error.ts'

export type RequestedPage<Key> = PageRequest<Key> & {
  /** The page as `meta` describes it, with the cursor to what follows the row of this key; null: nothing does. */
  endingAt(next: Key | null): { limit: number; nextCursor: string | null }
}

export interface Pagination {
  /**
   * What a request asks of a list. Cursors are opaque to clients, and only this installation can make one.
   *
   * @param list  name of the list, so that a cursor of another list is refused
   * @typeParam Key  JSON, no secrets (a cursor is readable)
   * @throws DomainError `invalid_limit`, `invalid_cursor`, or `request_validation_failed` for a limit that is no integer
   */
  parsePage<Key>(list: string, query: ListQuery): RequestedPage<Key>
}

const MAC_BYTES = 16
// Another one whenever keys change their form: cursors from before are refused then, not misread.
const PURPOSE = 'medforge pagination 2'

export function createPagination(secret: string): Pagination {
  const key = createHmac('sha256', secret).update(PURPOSE).digest()

  function sign(list: string, payload: Buffer): Buffer {
    const mac = createHmac('sha256', key).update(list).update('\0').update(payload)
    return mac.digest().subarray(0, MAC_BYTES)
  }

  function encode(list: string, keyset: unknown): string {
    const payload = Buffer.from(JSON.stringify(keyset))
    return Buffer.concat([sign(list, payload), payload]).toString('base64url')
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
          'Cursor is invalid: this list did not hand it out. Start again without a cursor, or use meta.next_cursor unchanged.',
      })
    }
    return JSON.parse(payload.toString('utf8'))
  }

  return {
    parsePage<Key>(list: string, query: ListQuery) {
      const limit = parseLimit(query.limit)
      return {
        limit,
        after: query.cursor === undefined ? null : (decode(list, query.cursor) as Key),
        endingAt: (next: Key | null) => ({
          limit,
          nextCursor: next === null ? null : encode(list, next),
        }),
      }
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
