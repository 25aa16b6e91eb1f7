import { randomUUID } from 'node:crypto'
import { multipart, type Part, titanicCsv } from './site.ts'

/** What goes over the wire; `announced` is the Content-Length where it is not the truth. */
export type Sent = {
  headers: Record<string, string>
  body: Buffer
  announced?: number
}

const GOOD = titanicCsv()
const MIB = 1024 * 1024

function file(content: string | Buffer, filename = 'prediction.csv'): Sent {
  return multipart([{ name: 'file', filename, content }])
}

const form = (parts: Part[]) => multipart(parts)
const part: Part = { name: 'file', filename: 'prediction.csv', content: GOOD }
/** The good file with this in place of passenger 900's answer. */
const answering = (cell: string) => () => file(GOOD.replace('900,0\n', `900,${cell}\n`))

/** Row of the table in docs/errors.md → what is sent. */
export const ABUSE: Record<string, () => Sent> = {
  'a file over the limit': () => file(GOOD.padEnd(10 * MIB + 1, 'x')),
  'a form cut off': () => {
    const { headers, body } = file(GOOD)
    return { headers, body: body.subarray(0, 900) }
  },
  'fewer bytes than announced, then silence': () => {
    const { headers, body } = file(GOOD)
    return { headers, body, announced: body.length + 1000 }
  },
  'more bytes than announced': () => {
    const { headers, body } = file(GOOD)
    return { headers, body, announced: 900 }
  },
  '2,600,000 rows': () => file(`PassengerId,Survived\n${'1,0\n'.repeat(2_600_000)}`),
  'one line of 10 MB': () => file(`PassengerId,Survived\n${'9'.repeat(10_000_000)}`),
  '100,000 columns': () => file(`PassengerId,Survived${',x'.repeat(100_000)}\n`),
  'gzip in a file named .csv': () => file(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1])),
  'a zip or xlsx in a file named .csv': () => file(Buffer.from('PK\x03\x04\x14\0\x06\0rest')),
  'a form with Content-Encoding: gzip': () => {
    const { headers, body } = file(GOOD)
    return { headers: { ...headers, 'content-encoding': 'gzip' }, body }
  },
  JSON: () => ({ headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') }),
  'a form without boundary': () => ({
    headers: { 'content-type': 'multipart/form-data' },
    body: file(GOOD).body,
  }),
  'a file named .txt': () => file(GOOD, 'prediction.txt'),
  'a byte order mark and CRLF': () => file(`\ufeff${GOOD.replaceAll('\n', '\r\n')}`),
  'a lone CR': () => file(GOOD.replace('900,0\n', '900,0\r')),
  NUL: answering('\0'),
  'a lone surrogate': () => {
    const [head = '', tail = ''] = GOOD.split('900,0\n')
    return file(
      Buffer.concat([
        Buffer.from(`${head}900,`),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from(`\n${tail}`),
      ]),
    )
  },
  'UTF-16': () => file(Buffer.from(GOOD, 'utf16le')),
  'Latin-1': () => file(Buffer.from(GOOD.replace('900,0\n', '900,\xe9\n'), 'latin1')),
  'an id twice': () => file(`${GOOD}892,0\n`),
  'an id missing': () => file(GOOD.replace('900,0\n', '')),
  'an id too many': () => file(`${GOOD}1,0\n`),
  'rows in another order': () => {
    const [header, ...rows] = GOOD.trim().split('\n')
    return file([header, ...rows.reverse()].join('\n'))
  },
  'columns in another order, and more of them': () => {
    const rows = GOOD.trim().split('\n').slice(1)
    return file(
      `note,Survived,PassengerId\n${rows.map((row) => `x,0,${row.split(',')[0]}`).join('\n')}`,
    )
  },
  'a quoted header': () => file(GOOD.replace('PassengerId,Survived', '"PassengerId","Survived"')),
  'a header in another case': () => file(GOOD.replace('PassengerId', 'passengerid')),
  'a header with blanks': () => file(GOOD.replace('PassengerId,', ' PassengerId ,')),
  'a column twice': () => file(GOOD.replace(/(\n|^)(\w+),(\w+)/g, '$1$2,$3,$3')),
  nan: answering('nan'),
  inf: answering('inf'),
  '1e309': answering('1e309'),
  '0x1': answering('0x1'),
  'an Arabic digit': answering('\u0661'),
  'a full-width digit': answering('\uff11'),
  'a decimal comma': answering('"1,0"'),
  'a number with an underscore': answering('0_1'),
  'a class with an exponent': answering('0e0'),
  'a class with a fraction of zeros': answering('0.0'),
  'an empty cell': answering(''),
  'a formula as an id': () => file(GOOD.replace('900,0\n', '=HYPERLINK("http://evil"),0\n')),
  'a formula in a column that nobody reads': () =>
    file(GOOD.replace('Survived\n', 'Survived,note\n').replaceAll(',0\n', ',0,=1+1\n')),
  'a file name with folders': () => file(GOOD, '../../../etc/cron.d/evil.csv'),
  'a file name of 10 kB': () => file(GOOD, `${'x'.repeat(10_000)}.csv`),
  'a file name that turns the direction of writing': () => file(GOOD, 'a\u202efdp.csv'),
  'a second file': () => form([part, part]),
  'another field': () => form([part, { name: randomUUID(), content: 'x' }]),
  'a field named __proto__': () => form([{ name: '__proto__', content: 'x' }, part]),
  'the same bytes again': () => file(GOOD),
}
