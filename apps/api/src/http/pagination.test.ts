import { describe, expect, test } from 'vitest'
import { DomainError } from './domain-error.ts'
import { createPagination } from './pagination.ts'

const pagination = createPagination('q8Zt2mV4xK9sB1nW6yR3pL7dF5hJ0cGa')
const KEY = { created_at: '2026-03-01 12:00:00.123456', id: 'ü' }

function cursorOf(key: unknown, list = 'sessions', from = pagination): string {
  return from.parsePage(list, {}).endingAt(key).nextCursor ?? ''
}

function keyOf(query: { limit?: string; cursor?: string }, list = 'sessions'): string {
  try {
    pagination.parsePage(list, query)
    return 'fine'
  } catch (error) {
    return error instanceof DomainError ? error.key : 'no domain error'
  }
}

describe(createPagination, () => {
  test('gives back the key that a cursor was made of', () => {
    const cursor = cursorOf(KEY)
    expect(pagination.parsePage('sessions', { cursor })).toMatchObject({ limit: 50, after: KEY })
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  test('refuses a cursor with any character changed, cut off or added', () => {
    const cursor = cursorOf(KEY)
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A'
      const changed = cursor.slice(0, index) + other + cursor.slice(index + 1)
      expect(keyOf({ cursor: changed }), `at ${index}`).toBe('invalid_cursor')
    }
    for (const broken of [
      '',
      'x',
      cursor.slice(1),
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}=`,
    ]) {
      expect(keyOf({ cursor: broken })).toBe('invalid_cursor')
    }
  })

  test('refuses a cursor of another list and of another installation', () => {
    const cursor = cursorOf(KEY)
    expect(keyOf({ cursor }, 'submissions')).toBe('invalid_cursor')
    const elsewhere = cursorOf(KEY, 'sessions', createPagination('another secret of another host!'))
    expect(keyOf({ cursor: elsewhere })).toBe('invalid_cursor')
  })

  test('has no cursor at the end of a list', () => {
    const page = pagination.parsePage('sessions', { limit: '3' })
    expect(page.after).toBeNull()
    expect(page.endingAt(null)).toEqual({ limit: 3, nextCursor: null })
  })

  test.each([
    ['1', 1],
    ['500', 500],
    ['007', 7],
  ])('takes the limit %s', (limit, value) => {
    expect(pagination.parsePage('sessions', { limit }).limit).toBe(value)
  })

  test.each(['0', '501', '-1', '99999999999999999999'])(
    'finds the limit %s out of range',
    (limit) => {
      expect(keyOf({ limit })).toBe('invalid_limit')
      expect(() => pagination.parsePage('sessions', { limit })).toThrow('between 1 and 500')
    },
  )

  test.each(['', 'ten', '1.5', '1e2', '0x10', ' 5', '٥'])(
    'finds the limit %j no integer',
    (limit) => {
      expect(keyOf({ limit })).toBe('request_validation_failed')
    },
  )
})
