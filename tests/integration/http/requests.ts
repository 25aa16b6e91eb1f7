import fc from 'fast-check'

/** What `/openapi.json` says about one operation, as far as a fuzzer needs it. */
export type FuzzedOperation = {
  method: string
  path: string
  query: string[]
  body: { mediaType: string; schema: Schema } | null
}

export type Schema = {
  type?: string
  properties?: Record<string, Schema>
  enum?: unknown[]
  anyOf?: Schema[]
}

export type FuzzedRequest = {
  method: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  payload?: Buffer
  /** Whose cookie goes along. */
  role: (typeof ROLES)[number]
}

const ROLES = ['anonymous', 'person', 'admin', 'forged', 'ambiguous'] as const
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const
const MEDIA_TYPES = [
  'application/json',
  'application/json; charset=latin1',
  'APPLICATION/JSON',
  'application/json, text/plain',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=x; boundary=y',
  'application/problem+json',
  '',
  'nonsense;;=',
] as const

/** Values that were at the bottom of somebody's incident once. */
const HOSTILE_TEXT = [
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'NaN',
  'null',
  'undefined',
  'true',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  "' OR 1=1; --",
  '{{7*7}}#{7*7}',
  '<script>alert(1)</script>',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202eevil',
  '\ufeff',
  '\u0130\u0131',
  'e\u0301'.repeat(50),
  '👩‍🔬',
  '%00',
  '%',
  '%zz',
  'x'.repeat(600),
  '9'.repeat(400),
  '9007199254740993',
  '2026-02-30T25:61:61Z',
  '00000000-0000-0000-0000-000000000000',
  '00000000-0000-0000-0000-000000000100',
  'titanic-survival',
  '500',
] as const

const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXT) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
)

/** Requests that mean trouble, for these operations and what lies around them. `ids` are ids that exist. */
export function fuzzedRequest(
  operations: readonly FuzzedOperation[],
  ids: readonly string[],
): fc.Arbitrary<FuzzedRequest> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc
      .record({
        method: mostly(operation.method as FuzzedRequest['method'], fc.constantFrom(...METHODS)),
        url: urlOf(operation, ids),
        headers: headersOf(),
        body: bodyOf(operation.body),
        role: fc.constantFrom(...ROLES, 'person' as const, 'admin' as const),
      })
      .map(({ body, headers, ...rest }) => ({
        ...rest,
        headers: { ...(body.type === null ? {} : { 'content-type': body.type }), ...headers },
        ...(body.payload ? { payload: body.payload } : {}),
      })),
  )
}

function mostly<Value>(usual: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
}

function urlOf(operation: FuzzedOperation, ids: readonly string[]): fc.Arbitrary<string> {
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 2, arbitrary: hostileText.map(encode) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%zz', '%00', '%ff%fe', ';', '*', '...', '%2F'),
    },
  )
  const path = fc
    .array(segment, { minLength: 3, maxLength: 3 })
    .map((segments) => operation.path.replace(/\{\w+\}/g, () => segments.shift() ?? ''))
  const spoiled = path.chain((text) =>
    fc.constantFrom(`${text}/`, text.toUpperCase(), `/${text}`, `${text}%20`, `${text}/x`, '/'),
  )
  const names = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('limit', 'cursor', 'status', 'q', ...operation.query) },
    { weight: 1, arbitrary: hostileText.map(encode) },
  )
  const query = fc
    .array(fc.tuple(names, hostileText.map(encode)), { maxLength: 3 })
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
  return fc
    .tuple(fc.oneof({ weight: 9, arbitrary: path }, { weight: 1, arbitrary: spoiled }), query)
    .map(([text, more]) => (more === '' ? text : `${text}?${more}`))
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

const headerText = fc
  .oneof(hostileText, fc.string({ maxLength: 300 }))
  .map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'))

function headersOf(): fc.Arbitrary<Record<string, string>> {
  const known = fc.constantFrom(
    'accept',
    'accept-encoding',
    'content-encoding',
    'idempotency-key',
    'prefer',
    'last-event-id',
    'x-request-id',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-http-method-override',
    'range',
    'if-none-match',
    'sec-fetch-site',
    'expect',
    'upgrade',
  )
  const origin = fc.constantFrom(
    'https://medforge.localhost',
    'https://medforge.localhost',
    'https://s-abcdefgh.medforge.localhost',
    'https://evil.example',
    'null',
    '',
  )
  return fc
    .tuple(
      fc.array(fc.tuple(known, headerText), { maxLength: 2 }),
      fc.option(origin, { freq: 3, nil: undefined }),
      fc.option(fc.constantFrom('text/csv', 'text/event-stream', '*/*;q=0', 'image/png'), {
        freq: 5,
        nil: undefined,
      }),
    )
    .map(([pairs, from, accept]) => ({
      ...Object.fromEntries(pairs),
      ...(from === undefined ? {} : { origin: from }),
      ...(accept === undefined ? {} : { accept }),
    }))
}

type Body = { type: string | null; payload: Buffer | null }

function bodyOf(described: FuzzedOperation['body']): fc.Arbitrary<Body> {
  const nothing = fc.constant<Body>({ type: null, payload: null })
  const junk = fc.record<Body>({
    type: fc.option(fc.constantFrom(...MEDIA_TYPES), { nil: null }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...BROKEN_JSON).map((text) => Buffer.from(text)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    ),
  })
  if (!described) {
    return fc.oneof({ weight: 6, arbitrary: nothing }, { weight: 1, arbitrary: junk })
  }
  const meant = described.mediaType === 'application/json' ? json(described.schema) : form()
  return fc.oneof({ weight: 5, arbitrary: meant }, { weight: 2, arbitrary: junk })
}

const BROKEN_JSON = [
  '{"email":',
  '{',
  '[',
  '"',
  'nul',
  '{"a":1,}',
  `${'['.repeat(30_000)}`,
  `{"a":${'{"a":'.repeat(2000)}1${'}'.repeat(2001)}`,
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '1e999',
  '\ufeff{}',
  `{"x":"${'y'.repeat(70_000)}"}`,
]

function json(schema: Schema): fc.Arbitrary<Body> {
  return fitting(schema).map((value) => ({
    type: 'application/json',
    payload: Buffer.from(JSON.stringify(value) ?? ''),
  }))
}

/** Mostly of the right shape, so that it gets past the schema to what lies behind. */
function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum)
    return mostly<unknown>(schema.enum[0], fc.oneof(fc.constantFrom(...schema.enum), hostileText))
  // An object's own `anyOf` says only which fields it needs.
  if (schema.anyOf && schema.type !== 'object') return fc.oneof(...schema.anyOf.map(fitting))
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {})
    return fc.record(
      Object.fromEntries(
        properties.map(([name, property]) => [
          name,
          fc.oneof(
            { weight: 8, arbitrary: fitting(property) },
            { weight: 1, arbitrary: fc.jsonValue() },
          ),
        ]),
      ),
      { requiredKeys: [] },
    )
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    return fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 31, 2 ** 53, 0.5))
  }
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'null') return fc.constant(null)
  return fc.oneof(
    { weight: 2, arbitrary: hostileText },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'ada@example.org',
        'correct horse battery staple',
        'eight or more',
        'Ada Lovelace',
        '2999-01-01T00:00:00Z',
      ),
    },
  )
}

const BOUNDARY = 'fuzz'
const LINE = '\r\n'

function form(): fc.Arbitrary<Body> {
  const file = fc.oneof(
    fc.constantFrom(
      'PassengerId,Survived\n892,0\n',
      'PassengerId\n',
      `PassengerId,Survived\n${Array.from({ length: 418 }, (_, at) => `${892 + at},0\n`).join('')}`,
      '',
      '\u0000\u0000',
      `"${'x'.repeat(5000)}`,
    ),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )
  const header = fc.oneof(
    { weight: 4, arbitrary: fc.constant('form-data; name="file"; filename="p.csv"') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'form-data; name="file"',
        'form-data; name="file"; filename="../../x.csv"',
        'form-data; name="file"; filename="x\u0000.csv"',
        'form-data; name="__proto__"; filename="p.csv"',
        'form-data; filename="p.csv"',
        'attachment',
        `form-data; name="file"; filename="${'y'.repeat(3000)}.csv"`,
        '',
      ),
    },
  )
  const end = fc.constantFrom(
    `--${BOUNDARY}--${LINE}`,
    `--${BOUNDARY}--${LINE}`,
    '',
    `--${BOUNDARY}`,
  )
  return fc
    .tuple(fc.array(fc.tuple(header, file), { minLength: 1, maxLength: 2 }), end)
    .map(([parts, last]) => ({
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      payload: Buffer.from(
        parts
          .map(
            ([disposition, content]) =>
              `--${BOUNDARY}${LINE}Content-Disposition: ${disposition}${LINE}${LINE}${content}${LINE}`,
          )
          .join('') + last,
      ),
    }))
}
