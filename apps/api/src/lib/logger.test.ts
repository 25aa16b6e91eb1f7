import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLogger } from './logger.ts'

function logOnce(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  write(createLogger('server', 'info', destination))
  return text
}

describe(createLogger, () => {
  test('writes one JSON object a line, with level as a word, time in UTC and the process’s name', () => {
    const line = logOnce((logger) => logger.info({ session_id: 's' }, 'session.start'))
    expect(line.endsWith('\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      process: 'server',
      session_id: 's',
      msg: 'session.start',
    })
  })

  test('removes what is named like a secret', () => {
    const line = logOnce((logger) => logger.info({ password: 'p', body: { token: 't' } }, 'x'))
    expect(JSON.parse(line)).toMatchObject({ password: '[removed]', body: { token: '[removed]' } })
  })

  test('says what failed and why, without the statement and its values', () => {
    const error = Object.assign(new Error('Deadlock found', { cause: new Error('the cause') }), {
      errno: 1213,
      sql: "INSERT INTO users VALUES ('ada@example.org')",
    })
    const line = logOnce((logger) => logger.error({ err: error }, 'request failed'))
    expect(JSON.parse(line)).toMatchObject({
      err: { message: expect.stringContaining('Deadlock'), errno: 1213 },
    })
    expect(line).toContain('the cause')
    expect(line).not.toContain('ada@example.org')
  })
})
