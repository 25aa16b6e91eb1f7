import { describe, expect, test } from 'vitest'
import { findDistribution, findMissing, type Requirement, requirementsOf } from './programs.ts'

const OS = {
  bookworm: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
  trixie: 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n',
  sid: 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n',
  bullseye: 'VERSION_ID="11"\nID=debian\n',
  noble: 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
  mint: 'NAME="Linux Mint"\nVERSION_ID="22"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
  fedora: "NAME='Fedora Linux'\nID=fedora\nVERSION_ID=42\n",
}

/** A host on which all programs are but these. */
function hostWithout(os: keyof typeof OS, ...lacking: string[]) {
  const all = [...requirementsOf('fuse'), ...requirementsOf('kernel')]
  const programs = new Set(all.map(({ program }) => program))
  for (const program of lacking) programs.delete(program)
  return { distribution: findDistribution(OS[os]), programs }
}

const packagesFor = (...[os, ...lacking]: Parameters<typeof hostWithout>) =>
  findMissing(requirementsOf('fuse'), hostWithout(os, ...lacking)).map((found) => [
    found.program,
    found.package,
  ])

describe(findDistribution, () => {
  test.each([
    ['bookworm', 'Debian 12'],
    ['trixie', 'Debian 13'],
    ['sid', 'Debian 13'],
    ['noble', 'Ubuntu'],
    ['mint', 'Ubuntu'],
    ['bullseye', undefined],
    ['fedora', undefined],
  ] as const)('takes %s for %s', (os, distribution) => {
    expect(findDistribution(OS[os])).toBe(distribution)
  })
})

describe(findMissing, () => {
  test('finds nothing on a host that has everything', () => {
    expect(packagesFor('trixie')).toEqual([])
  })

  test.each([
    ['bookworm', 'docker.io', 'docker-compose'],
    ['trixie', 'docker-cli', 'docker-compose'],
    ['noble', 'docker.io', 'docker-compose-v2'],
  ] as const)('names the client of Docker on %s as %s', (os, client, compose) => {
    expect(packagesFor(os, 'docker', 'dockerd', 'docker-compose')).toEqual([
      ['docker', client],
      ['dockerd', 'docker.io'],
      ['docker-compose', compose],
    ])
  })

  test('finds a Docker server without its client, as Debian 13 installs it', () => {
    expect(packagesFor('trixie', 'docker')).toEqual([['docker', 'docker-cli']])
  })

  test.each(['Debian 12', 'Debian 13', 'Ubuntu'] as const)(
    'has a package of %s for every program of either ZFS',
    (distribution) => {
      for (const zfs of ['kernel', 'fuse'] as const) {
        const bare = { distribution, programs: new Set<string>() }
        const nameless = findMissing(requirementsOf(zfs), bare).filter((found) => !found.package)
        expect(nameless).toEqual([])
      }
    },
  )

  test('names a program that a system has no package for, and each on a system that is not known', () => {
    const requirement: Requirement = {
      program: 'chromium',
      packages: { 'Debian 12': 'chromium' },
      because: 'is the browser',
    }
    const none = { program: 'chromium', because: 'is the browser', package: undefined }
    for (const os of ['noble', 'fedora'] as const) {
      expect(findMissing([requirement], hostWithout(os))).toEqual([none])
    }
  })
})
