/** The systems whose package names are known. */
export type Distribution = 'Debian 12' | 'Debian 13' | 'Ubuntu'

type Packages = Partial<Record<Distribution, string>>

/** A program that is looked for by its name, and the package that brings it; a system that has none is left out. */
export type Requirement = { program: string; packages: Packages; because: string }

export type MissingProgram = {
  program: string
  because: string
  /** Undefined where this system has no package with it, or is not known. */
  package: string | undefined
}

/** The same package on every system. */
export function named(name: string): Packages {
  return { 'Debian 12': name, 'Debian 13': name, Ubuntu: name }
}

/**
 * What `up` runs besides what every Debian has (dpkg's "Essential: yes"). Not here is what it runs only where it is: systemctl, nvidia-smi,
 * and modprobe, without which a host has no modules to load.
 */
const PLATFORM: Requirement[] = [
  {
    program: 'docker',
    packages: { 'Debian 12': 'docker.io', 'Debian 13': 'docker-cli', Ubuntu: 'docker.io' },
    because: 'speaks to the Docker server',
  },
  {
    program: 'dockerd',
    packages: named('docker.io'),
    because: 'runs the platform and its sessions',
  },
  {
    // As a program, or as a plugin of docker.
    program: 'docker-compose',
    packages: {
      'Debian 12': 'docker-compose',
      'Debian 13': 'docker-compose',
      Ubuntu: 'docker-compose-v2',
    },
    because: 'starts the containers',
  },
  {
    program: 'docker-registry',
    packages: named('docker-registry'),
    because: 'gives images a digest',
  },
  { program: 'iptables', packages: named('iptables'), because: 'keeps sessions apart' },
  { program: 'ss', packages: named('iproute2'), because: 'finds out who holds a port' },
  { program: 'mmdebstrap', packages: named('mmdebstrap'), because: 'makes the base image' },
  { program: 'flock', packages: named('util-linux'), because: 'holds the locks of this host' },
  { program: 'setpriv', packages: named('util-linux'), because: 'ends helpers with their command' },
  { program: 'unshare', packages: named('util-linux'), because: 'makes the base image apart' },
  { program: 'mount', packages: named('mount'), because: 'shares mounts with containers' },
  { program: 'umount', packages: named('mount'), because: 'takes dead mounts away' },
  { program: 'getent', packages: named('libc-bin'), because: 'finds homes of people' },
  {
    program: 'update-ca-certificates',
    packages: named('ca-certificates'),
    because: 'holds the trial certificate',
  },
  { program: 'certutil', packages: named('libnss3-tools'), because: 'holds it for Chromium' },
]

const ZFS: Record<'kernel' | 'fuse', Requirement[]> = {
  kernel: ['zpool', 'zfs'].map((program) => ({
    program,
    packages: named('zfsutils-linux'),
    because: 'keeps the workspaces',
  })),
  fuse: ['zfs-fuse', 'zpool', 'zfs'].map((program) => ({
    program,
    packages: named('zfs-fuse'),
    because: 'keeps the workspaces where the kernel has no ZFS',
  })),
}

/** Every program that the platform uses on a host with this ZFS. */
export function requirementsOf(zfs: 'kernel' | 'fuse'): Requirement[] {
  return [...PLATFORM, ...ZFS[zfs]]
}

/** Which of the requirements a host lacks, and what its distribution calls the packages that bring them. */
export function findMissing(
  requirements: readonly Requirement[],
  host: { distribution: Distribution | undefined; programs: ReadonlySet<string> },
): MissingProgram[] {
  return requirements
    .filter(({ program }) => !host.programs.has(program))
    .map(({ program, packages, because }) => ({
      program,
      because,
      package: host.distribution && packages[host.distribution],
    }))
}

/** "docker, which speaks to the Docker server", and so on. */
export function describeMissing(missing: readonly MissingProgram[]): string {
  return missing.map(({ program, because }) => `${program}, which ${because}`).join('; ')
}

/**
 * Which names a host's packages have, by its `/etc/os-release`; undefined where nobody looked.
 * What is newer than Debian 12 and has no number yet (testing, unstable) is named as Debian 13.
 */
export function findDistribution(osRelease: string): Distribution | undefined {
  const fieldOf = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(osRelease)?.[1] ?? ''
  const ids = [fieldOf('ID'), ...fieldOf('ID_LIKE').split(' ')]
  if (ids.includes('ubuntu')) return 'Ubuntu'
  if (ids[0] !== 'debian') return undefined
  const version = Number(fieldOf('VERSION_ID') || 13)
  if (version >= 13) return 'Debian 13'
  return version === 12 ? 'Debian 12' : undefined
}
