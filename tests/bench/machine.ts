import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { docker, type Installation } from '../support/installation.ts'

/** What the figures were measured on, without which they mean nothing. */
export function describeHost(): string {
  const [cpu] = cpus()
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return [
    `machine   ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load ${loadavg()[0]?.toFixed(1)}`,
    `system    ${system}, Linux ${release()}, Node ${process.version}`,
    `when      ${new Date().toISOString()}`,
  ].join('\n')
}

/** The host, with what runs on it. */
export async function describeMachine(installation: Installation): Promise<string> {
  const server = await docker('version', '--format', '{{.Server.Version}}')
  return [
    describeHost(),
    `docker    ${server.trim()}`,
    `pack      ${installation.settings.PACK_IMAGE}`,
  ].join('\n')
}
