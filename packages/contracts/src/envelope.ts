import { type Static, type TSchema, Type } from 'typebox'
import { nullable, Timestamp } from './primitives.ts'

export const API_VERSION = 'v1.0'
export const API_PREFIX = '/api/v1'

export const Meta = Type.Object({
  request_id: Type.String(),
  api_version: Type.Literal(API_VERSION),
  timestamp: Timestamp,
  limit: nullable(Type.Integer()),
  next_cursor: nullable(Type.String()),
  has_more: nullable(Type.Boolean()),
})
export type Meta = Static<typeof Meta>

/** The schema of a successful JSON answer: `{ data, meta }`. */
export function envelope<Data extends TSchema>(data: Data) {
  return Type.Object({ data, meta: Meta })
}

export type Envelope<Data> = { data: Data; meta: Meta }

export const Message = Type.Object({ message: Type.String() })
export type Message = Static<typeof Message>
