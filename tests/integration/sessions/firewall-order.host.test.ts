import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/* The place of the rules among those of others: a network namespace with the sessions' bridge and Docker's chains, and no packet. */
const SCRIPT = fileURLToPath(new URL('../../../ops/network/firewall.sh', import.meta.url))
const SPACE = `mft-${randomUUID().slice(0, 4)}-order`
const ENTER = `--net=/run/netns/${SPACE}`
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', BRIDGE: 'mf-sessions' }

function inside(...command: string[]): void {
  execFileSync('nsenter', [ENTER, ...command])
}

function firewall(verb: string): { status: number | null; output: string } {
  const { status, stdout } = spawnSync('nsenter', [ENTER, 'sh', SCRIPT, verb], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  })
  return { status, output: stdout.trim() }
}

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', SPACE])
  inside('ip', 'link', 'add', 'mf-sessions', 'type', 'bridge')
  inside('sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1')
  inside('sysctl', '-qw', 'net.bridge.bridge-nf-call-ip6tables=1')
  inside('iptables', '-N', 'DOCKER-USER')
  inside('iptables', '-N', 'DOCKER-FORWARD')
  // As Tailscale does it: packets that go out to its network are accepted.
  inside('iptables', '-N', 'ts-forward')
  inside('iptables', '-A', 'ts-forward', '-o', 'tailscale0', '-j', 'ACCEPT')
})

afterAll(() => {
  execFileSync('ip', ['netns', 'del', SPACE])
})

beforeEach(() => {
  inside('iptables', '-F', 'FORWARD')
  inside('iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER')
  inside('iptables', '-A', 'FORWARD', '-j', 'DOCKER-FORWARD')
  inside('iptables', '-A', 'FORWARD', '-j', 'ACCEPT')
  expect(firewall('ensure').status).toBe(0)
})

/** Put a rule where whoever starts after Docker puts it. */
function putFirst(rule: string): void {
  inside('iptables', '-I', 'FORWARD', '1', ...rule.split(' '))
}

describe('a rule in front of Docker’s jump to ours', () => {
  test.each([
    '-j ACCEPT',
    '-j RETURN',
    '-j ts-forward',
    '-g ts-forward',
    '-s 100.64.0.0/10 -j ts-forward',
    '-i mf-sessions -o tailscale0 -j ts-forward',
    '-i tailscale0 -o mf-sessions -j ts-forward',
    // What comes in elsewhere may go to a session, and what goes out elsewhere may come from one.
    '-i tailscale0 -j ts-forward',
    '-o tailscale0 -j ts-forward',
    '! -i eth7 ! -o eth8 -j ts-forward',
    '! -i eth7 -o eth8 -j ts-forward',
    '-i mf+ -o eth7 -j ts-forward',
  ])('is a fault where it may let a packet of a session pass: %s', (rule) => {
    putFirst(rule)
    for (const verb of ['check', 'ensure']) {
      const { status, output } = firewall(verb)
      expect(status, verb).toBe(3)
      expect(output).toMatch(
        /^FORWARD does not ask DOCKER-USER first but after "[^"]+"; on the host: .+$/,
      )
    }
  })

  test.each([
    '-i eth7 -o eth8 -j ACCEPT',
    '-i veth+ -o eth7 -j ts-forward',
    '! -i mf-sessions ! -o mf-sessions -j ts-forward',
    '-s 100.64.0.0/10 -o tailscale0 -j DROP',
    '-j REJECT',
  ])('is none where it lets none pass: %s', (rule) => {
    putFirst(rule)
    expect(firewall('check')).toEqual({ status: 0, output: 'ok' })
  })

  test('is told from what somebody remarked on it', () => {
    const remark = ['-m', 'comment', '--comment', 'not -i eth7 -o eth8 -j DROP']
    inside('iptables', '-I', 'FORWARD', '1', '-j', 'ts-forward', ...remark)
    expect(firewall('check').status).toBe(3)
  })

  test('is a fault behind a jump that not every packet takes, too', () => {
    putFirst('-j ACCEPT')
    putFirst('-i eth7 -j DOCKER-USER')
    expect(firewall('check').output).toContain('after "-j ACCEPT"')
  })

  test('is none any more once the host was told what the fault says', () => {
    putFirst('-j ts-forward')
    putFirst('-j ACCEPT')
    const [, command = ''] = /on the host: (.+)$/m.exec(firewall('check').output) ?? []
    inside('sh', '-ec', command)
    expect(firewall('check')).toEqual({ status: 0, output: 'ok' })
  })
})

test('a host whose Docker no longer jumps to our rules is told to restart it', () => {
  inside('iptables', '-D', 'FORWARD', '-j', 'DOCKER-USER')
  const { status, output } = firewall('ensure')
  expect(status).toBe(3)
  expect(output).toContain('FORWARD does not ask DOCKER-USER; restart Docker')
})
