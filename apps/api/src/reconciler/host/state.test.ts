import { describe, expect, test } from 'vitest'
import { createHostState, type HostPart } from './state.ts'

const PARTS: HostPart[] = ['docker', 'pool', 'network', 'image', 'firewall', 'ports']

function healthyHost() {
  const host = createHostState()
  for (const part of [...PARTS, 'gpus' as const]) host.set(part, null)
  return host
}

describe(createHostState, () => {
  test('is not able before every part was checked', () => {
    const host = createHostState()
    host.set('gpus', null)
    for (const part of PARTS) {
      expect(host.report()).toMatchObject({ able: false, reasons: [expect.any(String)] })
      host.set(part, null)
    }
    expect(host.report()).toMatchObject({ able: true, reasons: [] })
  })

  test.each(PARTS)('is not able without %s, and reports why', (part) => {
    const host = healthyHost()
    host.set(part, { code: 'away', text: `No ${part}.` })
    expect(host.report()).toMatchObject({ able: false, reasons: [`No ${part}.`] })
    expect(host.startBlocker()?.text).toBe(`No ${part}.`)
  })

  test.each<HostPart>(['overdue', 'sockets', 'connections'])(
    'starts sessions although %s has a fault, and still reports it',
    (part) => {
      const host = healthyHost()
      host.set(part, { code: 'fault', text: 'One is stuck.' })
      expect(host.report()).toMatchObject({ able: true, reasons: ['One is stuck.'] })
    },
  )

  test.each<[HostPart, string]>([
    ['pool', 'pool_low'],
    ['connections', 'connections_high'],
  ])('tells what only the operator can end apart: %s, %s', (part, code) => {
    const host = healthyHost()
    expect(host.report()).not.toHaveProperty('operator_reasons')
    host.set(part, { code, text: 'Full.' })
    host.set('firewall', { code: 'firewall_missing', text: 'No firewall.' })
    expect(host.report()).toMatchObject({ operator_reasons: ['Full.'] })
    expect(host.report().reasons).toHaveLength(2)
  })

  test('calls back when the report has become another one, and only then', () => {
    const host = healthyHost()
    let calls = 0
    host.onChange(() => {
      calls += 1
    })
    host.set('pool', { code: 'a', text: 'Away.' })
    host.set('pool', { code: 'a', text: 'Away.' })
    host.set('pool', null)
    expect(calls).toBe(2)
  })
})
