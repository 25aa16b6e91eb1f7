import { randomUUID } from 'node:crypto'

/** A lower-case UUID (version 4). */
export function newId(): string {
  return randomUUID()
}
