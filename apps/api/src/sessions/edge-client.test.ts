import { describe, expect, test } from 'vitest'
import { parseEdgeClient } from './edge-client.ts'

describe(parseEdgeClient, () => {
  test.each([
    ['203.0.113.7:51324 HTTP/1.1', '203.0.113.7:51324', false],
    ['203.0.113.7:51324 HTTP/1.0', '203.0.113.7:51324', false],
    ['203.0.113.7:51324 HTTP/2.0', '203.0.113.7:51324', true],
    ['[2001:db8::7]:1 HTTP/3.0', '[2001:db8::7]:1', true],
    ['[::ffff:203.0.113.7]:65535 HTTP/2.0', '[::ffff:203.0.113.7]:65535', true],
  ])('reads %j', (header, client, isMultiplexed) => {
    expect(parseEdgeClient(header)).toEqual({ client, isMultiplexed })
  })

  test.each([
    undefined,
    '',
    '203.0.113.7:51324',
    '203.0.113.7 HTTP/1.1',
    '203.0.113.777:1 HTTP/1.1',
    '203.0.113.7:65536 HTTP/1.1',
    '[2001:db8:::7]:1 HTTP/1.1',
    '2001:db8::7:1 HTTP/1.1',
    '203.0.113.7:1 HTTP/1.1, 203.0.113.8:2 HTTP/1.1',
    '203.0.113.7:1 or dst 203.0.113.8 HTTP/1.1',
    '203.0.113.7:1 HTTP/1.1\n203.0.113.8:1 HTTP/1.1',
  ])('takes %j for no connection', (header) => {
    expect(parseEdgeClient(header)).toBeUndefined()
  })
})
