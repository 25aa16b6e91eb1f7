import { API_PREFIX, SESSION_COOKIE } from '@medforge/contracts'
import { emailOf, PASSWORD, PEOPLE } from './seed.ts'
import { API_HOST } from './settings.ts'

const SLUGS = ['titanic-survival', 'cifar-100-classification', 'rsna-pneumonia-detection']

/**
 * Submissions of everybody to every competition, sent as a program sends them and scored by the worker that runs.
 *
 * @throws Error with the API's answer where it refuses one
 */
export async function seedSubmissions(apiPort: number): Promise<void> {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${apiPort}${API_PREFIX}${path}`, init)
  for (const [index, name] of PEOPLE.entries()) {
    const cookie = await logIn(call, name)
    for (const slug of SLUGS) {
      const sample = await (await call(`/competitions/${slug}/sample-submission`)).text()
      // The whole sample of the largest competition once is enough.
      if (index > 2 && slug !== SLUGS[0]) continue
      for (const flipped of [index * 11, index * 23]) {
        const form = new FormData()
        form.set('file', new Blob([flip(sample, flipped)], { type: 'text/csv' }), `${name}.csv`)
        const answer = await call(`/competitions/${slug}/submissions`, {
          method: 'POST',
          headers: { cookie },
          body: form,
        })
        if (!answer.ok) throw new Error(`${slug} took no file of ${name}: ${await answer.text()}`)
      }
    }
  }
}

type Call = (path: string, init?: RequestInit) => Promise<Response>

async function logIn(call: Call, name: (typeof PEOPLE)[number]): Promise<string> {
  const answer = await call('/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', host: API_HOST },
    body: JSON.stringify({ email: emailOf(name), password: PASSWORD }),
  })
  const line = answer.headers.getSetCookie().find((text) => text.startsWith(`${SESSION_COOKIE}=`))
  if (!answer.ok || line === undefined)
    throw new Error(`${name} cannot log in: ${await answer.text()}`)
  return line.split(';')[0] ?? ''
}

/** Labels of zero and one turned over in the first rows, which moves a score; other files stay as they are. */
function flip(sample: string, rows: number): string {
  const lines = sample.trimEnd().split(/\r?\n/)
  const flipped = lines.map((line, index) =>
    index === 0 || index > rows
      ? line
      : line.replace(/,([01])$/, (_, label) => `,${1 - Number(label)}`),
  )
  return `${flipped.join('\n')}\n`
}
