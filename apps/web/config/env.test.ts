import { describe, expect, test } from 'vitest'
import { readWebConfig } from './env.ts'

const GOOD = { DOMAIN: 'example.org', NEXT_PUBLIC_API_URL: 'https://api.medforge.example.org' }

describe(readWebConfig, () => {
  test('finds the API on the control network by itself', () => {
    expect(readWebConfig(GOOD)).toEqual({
      domain: 'example.org',
      apiUrl: 'https://api.medforge.example.org',
      apiInternalUrl: 'http://172.30.1.3:8000',
      isDevelopment: false,
    })
  })

  test('drops a slash after the address of the API', () => {
    const config = readWebConfig({ ...GOOD, NEXT_PUBLIC_API_URL: 'https://api.medforge.x.org/' })
    expect(config.apiUrl).toBe('https://api.medforge.x.org')
  })

  test('names everything that is missing in one message', () => {
    expect(() => readWebConfig({})).toThrow(/DOMAIN.*NEXT_PUBLIC_API_URL/)
  })

  test.each(['ftp://api', 'https://api/v1', 'https://user@api', 'api.medforge.example.org'])(
    'refuses %s as an address and does not repeat it',
    (address) => {
      const read = () => readWebConfig({ ...GOOD, NEXT_PUBLIC_API_URL: address })
      expect(read).toThrow(/NEXT_PUBLIC_API_URL/)
      expect(read).not.toThrow(address)
    },
  )
})
