import { Failure } from '../failure.ts'

const AGAIN = 'then run this again; what is already built is kept.'

/**
 * The one sentence about a build that failed, from what it printed, and what to do.
 *
 * @param what for a person: "the image of the web app (web)"
 */
export function diagnoseBuild(what: string, output: string, logFile: string): Failure {
  if (/no space left on device|ENOSPC|You don't have enough free space/i.test(output)) {
    return new Failure(
      `The disk is full, so ${what} could not be built.`,
      `Free some space (docker system df shows what Docker holds), ${AGAIN}`,
    )
  }
  if (
    /npm error (?:code|errno|network)[^\n]*(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR)/i.test(
      output,
    )
  ) {
    return new Failure(
      `The npm registry cannot be reached, so ${what} could not be built.`,
      `Check this host's network with npm ping, ${AGAIN}`,
    )
  }
  if (/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF)/.test(output)) {
    return new Failure(
      `The npm registry's certificate is not trusted, so ${what} could not be built.`,
      `Add your network's certificate authority to /usr/local/share/ca-certificates, run update-ca-certificates, ${AGAIN}`,
    )
  }
  if (
    /Temporary failure resolving|Could not resolve|Unable to connect to|Could not connect to|Connection (?:timed out|refused|failed)|Unable to fetch some archives|Some index files failed to download/i.test(
      output,
    )
  ) {
    return new Failure(
      `Debian's archive (deb.debian.org) cannot be reached, so ${what} could not be built.`,
      `Check this host's network with curl -I http://deb.debian.org/debian/, ${AGAIN}`,
    )
  }
  if (/NO_PUBKEY|is not signed|debian-archive-keyring/.test(output)) {
    return new Failure(
      `This host has no key for Debian 13's archive, so ${what} could not be built.`,
      `Install a current debian-archive-keyring (apt-get install debian-archive-keyring), ${AGAIN}`,
    )
  }
  return new Failure(
    `Building ${what} failed (${lastWords(output)}).`,
    `The whole log is ${logFile}.`,
  )
}

/** The last line that is the failed program's own, not Docker's account of it. */
function lastWords(output: string): string {
  const lines = output
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Docker colours a build's stderr with escape sequences.
    .replace(/\x1b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) =>
        line &&
        !/^(The command '|Removing intermediate| ?--->|npm error A complete log)/.test(line),
    )
  return lines.at(-1)?.slice(0, 200) ?? 'it printed nothing'
}
