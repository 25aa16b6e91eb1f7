import { randomUUID } from 'node:crypto'
import type { Answer } from './https.ts'
import type { Installation } from './installation.ts'
import { callApi, type Person } from './person.ts'

export const TITANIC = '/competitions/titanic-survival'

/** The sample submission of Titanic: a valid file for which nothing has to be known. */
export async function readSample(installation: Installation): Promise<string> {
  const answer = await callApi(installation, 'GET', `${TITANIC}/sample-submission`)
  if (answer.status !== 200 || !/^text\/csv/.test(answer.headers['content-type'] ?? '')) {
    throw new Error(
      `The sample submission is no CSV: ${answer.status} ${answer.text.slice(0, 200)}`,
    )
  }
  return answer.text
}

/** The sample with the labels of its first rows turned over, which moves the score. */
export function flip(sample: string, rows: number): string {
  const lines = sample.trim().split(/\r?\n/)
  return lines
    .map((line, index) => {
      if (index === 0 || index > rows) return line
      const [id, label] = line.split(',')
      return `${id},${label === '1' ? 0 : 1}`
    })
    .join('\n')
}

/** A form with one file, as a browser sends it. */
export function multipart(content: string) {
  const boundary = `----${randomUUID()}`
  const body = [
    `--${boundary}`,
    'content-disposition: form-data; name="file"; filename="prediction.csv"',
    'content-type: text/csv',
    '',
    content,
    `--${boundary}--`,
    '',
  ].join('\r\n')
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } }
}

export function upload(
  person: Person,
  content: string,
  headers: Record<string, string> = {},
  competition = TITANIC,
): Promise<Answer> {
  const form = multipart(content)
  return person.api('POST', `${competition}/submissions`, {
    ...form,
    headers: { ...form.headers, ...headers },
  })
}
