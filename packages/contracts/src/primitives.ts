import {
  type Static,
  type TEnum,
  type TObject,
  type TProperties,
  type TSchema,
  Type,
} from 'typebox'

/** The atoms that every message is composed of. Formats are enforced by pattern, so no validator plug-in is needed. */

export const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

export const Id = Type.String({ pattern: UUID_PATTERN, description: 'Lower-case UUID.' })

export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$',
  description: 'RFC 3339, UTC, with `Z`.',
})

export const CompetitionSlug = Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 100 })

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** A union of string literals, from one list that code can iterate too. */
export function literals<const Values extends readonly string[]>(
  values: Values,
): TEnum<[...Values]> {
  return Type.Enum([...values]) as unknown as TEnum<[...Values]>
}

/** The body of a PATCH: any of these fields, at least one. */
export function changeOf<Fields extends TProperties>(fields: Fields): TObject<Fields> {
  const anyOf = Object.keys(fields).map((field) => ({ required: [field] }))
  return Type.Object(fields, { anyOf })
}

export const ListQuery = Type.Object({
  limit: Type.Optional(Type.String({ description: 'Items per page, 1 to 500; 50 when absent.' })),
  // Of any length: whatever no list handed out is one refusal, `invalid_cursor`, and a request's line is bounded anyway.
  cursor: Type.Optional(Type.String({ description: '`meta.next_cursor` of the page before.' })),
})
export type ListQuery = Static<typeof ListQuery>

export const LIMIT_DEFAULT = 50
export const LIMIT_MAX = 500
