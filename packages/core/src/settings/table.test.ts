import { describe, expect, test } from 'vitest'
import { exampleValues, findSetting, SECTIONS, SETTINGS, variablesOf } from './table.ts'

const entries = SECTIONS.flatMap(({ settings }) => Object.entries(settings))

describe('the table of settings', () => {
  test('has every setting under one heading', () => {
    expect(entries.map(([name]) => name)).toEqual(Object.keys(SETTINGS))
  })

  test.each(entries)('has no default of %s that the setting refuses', (_name, setting) => {
    const { kind, default: fallback, fromDomain } = setting
    const values = [fallback, fromDomain?.('localhost'), fromDomain?.('example.org')]
    const refused = values.filter((value) => value && kind.parse(value) === undefined)
    expect(refused).toEqual([])
  })

  test('puts no secret into .env.example', () => {
    const filled = Object.entries(exampleValues()).filter(
      ([name, value]) => findSetting(name)?.isSecret && value !== '',
    )
    expect(filled).toEqual([])
  })

  test('lets nobody but the server read the key of the login cookies', () => {
    const readers = (['reconciler', 'worker', 'web', 'caddy', 'db', 'compose'] as const).filter(
      (reader) => variablesOf(reader).includes('SESSION_SECRET'),
    )
    expect(readers).toEqual([])
  })
})
