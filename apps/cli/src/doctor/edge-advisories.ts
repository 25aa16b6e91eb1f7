/** The versions that an image of the edge is made of, such as `2.6.2-12+deb13u1` and `1.27.4`. */
export type EdgeVersions = { caddy: string; go: string }

type Advisory = {
  id: string
  about: keyof EdgeVersions
  what: string
  /** The first version with the fix, of each release branch that got one. */
  fixed: readonly string[]
  /** The first version with the fault; every earlier one has it where this is absent. */
  since?: string
}

/**
 * What is known against Caddy and the parts of Go that an edge uses. What a rule of deploy/caddy stops whatever the version is not here but in
 * docs/auth-routing.md. From the changelogs of Debian's packages: the vulnerability databases are on hosts that an installation need not reach.
 */
const ADVISORIES: readonly Advisory[] = [
  go('CVE-2026-97054', 'an HTTP/1 server can be crashed', '1.27.4', '1.26.11'),
  go('CVE-2026-111943', 'certificate authorities to distrust', '1.27.3', '1.26.10'),
  go('CVE-2026-78659', 'Trailer headers exhaust an HTTP/2 server', '1.27.2', '1.26.9'),
  go('CVE-2026-94440', 'the memory limit of headers is passed by', '1.27.2', '1.26.9'),
  go('CVE-2026-97032', 'an HTTP/2 server can be crashed', '1.27.2', '1.26.9'),
  go('CVE-2026-78669', 'window changes cost an HTTP/2 server its CPU', '1.27.2'),
  go('CVE-2026-78663', 'flow control is refunded twice', '1.27.2'),
  go('CVE-2026-94439', 'requests after a CONNECT are misread', '1.27.2', '1.26.9'),
  go('CVE-2026-97031', 'malformed TLS greetings are accepted', '1.27.2', '1.26.9'),
  go('CVE-2026-56862', 'TLS KeyUpdate messages without end', '1.27.0', '1.26.6'),
  go('CVE-2026-56860', 'long paths cost quadratic time', '1.27.0', '1.26.6'),
  go('CVE-2026-27145', 'checking a host name costs quadratic time', '1.27.0', '1.26.4'),
  go('CVE-2026-39825', 'a proxy forwards parameters that it did not see', '1.26.3'),
  go('CVE-2026-25679', 'malformed hosts in addresses are accepted', '1.26.1'),
  go('CVE-2025-61726', 'forms exhaust the memory', '1.25.6'),
  go('CVE-2025-68121', 'TLS sessions outlive their certificates', '1.25.6'),
  go('CVE-2025-61730', 'TLS messages at the wrong level', '1.25.6'),
  caddy('CVE-2026-30851', 'a header of the client survives the API’s answer', ['2.11.2'], '2.10.0'),
  caddy('CVE-2026-27587', 'rules are passed by with other spellings', [
    '2.6.2-12+deb13u1',
    '2.11.1',
  ]),
  caddy('CVE-2026-52845', 'underscores survive a deletion', ['2.6.2-12+deb13u1', '2.11.4']),
]

function go(id: string, what: string, ...fixed: string[]): Advisory {
  return { id, about: 'go', what, fixed }
}

function caddy(id: string, what: string, fixed: string[], since?: string): Advisory {
  return { id, about: 'caddy', what, fixed, ...(since === undefined ? {} : { since }) }
}

/** The advisories that apply to these versions, each as one line. */
export function findAdvisories(versions: EdgeVersions): string[] {
  return ADVISORIES.filter((advisory) => applies(advisory, versions[advisory.about])).map(
    ({ id, what }) => `${id} (${what})`,
  )
}

function applies({ fixed, since }: Advisory, version: string): boolean {
  if (since !== undefined && compare(version, since) < 0) return false
  const ofBranch = fixed.find((one) => branchOf(one) === branchOf(version))
  if (ofBranch !== undefined) return compare(version, ofBranch) < 0
  // Another branch began with the fix, or never got it.
  return fixed.some((one) => compare(version, one) < 0)
}

const numbersOf = (version: string) => (version.match(/\d+/g) ?? []).map(Number)
const branchOf = (version: string) => numbersOf(version).slice(0, 2).join('.')

/** Number by number, as Debian's versions are compared where no letter decides. */
function compare(one: string, other: string): number {
  const [left, right] = [numbersOf(one), numbersOf(other)]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

/** @param text  what the image says, a line each: `caddy 2.6.2-12+deb13u1` and `go 1.27.4` */
export function parseEdgeVersions(text: string): EdgeVersions | undefined {
  const [, caddyVersion] = /^caddy (\S+)$/m.exec(text) ?? []
  const [, goVersion] = /^go (\S+)$/m.exec(text) ?? []
  if (caddyVersion === undefined || goVersion === undefined) return undefined
  return { caddy: caddyVersion, go: goVersion }
}
