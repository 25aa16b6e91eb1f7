import { randomBytes } from 'node:crypto'
import { Failure } from '../failure.ts'
import { IMAGE_NAMES, type ImageName, isLocalReference, isPinned } from '../images/reference.ts'
import {
  FIXED_ADDRESSES,
  HIDDEN_HOLDOUTS,
  NETWORKS,
  PUBLIC_BUNDLES,
  SUBMISSIONS,
  WORKSPACES,
} from '../names.ts'
import type { EnvValues } from './env-file.ts'
import { UPLOAD_LIMIT_FAULT, uploadMaxBytesOf } from './upload-limit.ts'

/** The setting that names an image. */
export function imageSetting(name: ImageName): string {
  return `${name.toUpperCase()}_IMAGE`
}

const SECRETS = [
  'SESSION_SECRET',
  'DB_ADMIN_PASSWORD',
  'DB_SERVER_PASSWORD',
  'DB_RECONCILER_PASSWORD',
  'DB_WORKER_PASSWORD',
] as const

export const SECRET_SETTINGS: readonly string[] = [...SECRETS, 'DATABASE_URL']

const ELSEWHERE = 'for another disk, mount it there'

/** Settings that containers read and nobody chooses: compose and the commands here use the same places and names by heart. */
const FIXED: Record<string, { value: string; instead?: string }> = {
  PUBLIC_SESSIONS_NETWORK: { value: NETWORKS.publicSessions.name },
  WORKSPACE_ZFS_ROOT: { value: WORKSPACES },
  SUBMISSIONS_DIR: { value: SUBMISSIONS, instead: ELSEWHERE },
  COMPETITIONS_PUBLIC_DIR: { value: PUBLIC_BUNDLES, instead: ELSEWHERE },
  COMPETITIONS_DATA_DIR: { value: HIDDEN_HOLDOUTS, instead: ELSEWHERE },
}

export type Wishes = {
  /** From --domain or the environment; undefined keeps what is recorded. */
  domain: string | undefined
  initialAdminEmail: string | undefined
  /** From --set NAME=VALUE. */
  overrides: EnvValues
}

/**
 * The settings that follow from the domain. A recorded value that is exactly what the old domain gave moves with it;
 * one that an operator changed stays.
 */
export function deriveFromDomain(domain: string): EnvValues {
  const isTrial = domain === 'localhost'
  return {
    EDGE_BIND_ADDRESS: isTrial ? '127.0.0.1' : '0.0.0.0',
    TLS_MODE: isTrial ? 'internal' : 'files',
    NEXT_PUBLIC_API_URL: `https://api.medforge.${domain}`,
    COOKIE_DOMAIN: `.medforge.${domain}`,
    INITIAL_ADMIN_EMAIL: `admin@medforge.${domain}`,
  }
}

/**
 * Every setting with its value: what is recorded, moved to the wished domain, completed from the defaults, with the
 * secrets that are missing generated. Same input, same output, apart from new secrets.
 */
export function completeSettings(
  recorded: EnvValues | undefined,
  defaults: EnvValues,
  wishes: Wishes,
  makeSecret: () => string = () => randomBytes(36).toString('base64url'),
): EnvValues {
  const before = recorded ?? {}
  const domain = (wishes.domain ?? before.DOMAIN ?? defaults.DOMAIN ?? 'localhost').toLowerCase()
  const values: EnvValues = { ...defaults, ...before, DOMAIN: domain }
  const old = deriveFromDomain(before.DOMAIN || domain)
  for (const [name, value] of Object.entries(deriveFromDomain(domain))) {
    if (!before[name] || before[name] === old[name]) values[name] = value
  }
  if (wishes.initialAdminEmail) values.INITIAL_ADMIN_EMAIL = wishes.initialAdminEmail
  Object.assign(values, wishes.overrides)
  for (const name of SECRETS) values[name] ||= makeSecret()
  values.DATABASE_URL = `mysql://medforge_admin:${values.DB_ADMIN_PASSWORD}@${FIXED_ADDRESSES.db}:3306/medforge`
  return values
}

/** Sentences about settings that cannot work, for `up` to refuse and `doctor` to list; empty when all is well. */
export function findSettingFaults(values: EnvValues): string[] {
  const faults: string[] = []
  const domain = values.DOMAIN ?? ''
  if (
    !/^(?=.{1,180}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(domain)
  ) {
    faults.push('DOMAIN is not a domain name in lower case')
  }
  if (values.COOKIE_DOMAIN !== `.medforge.${domain}`) {
    faults.push(`COOKIE_DOMAIN has to be .medforge.${domain}`)
  }
  if (values.NEXT_PUBLIC_API_URL !== `https://api.medforge.${domain}`) {
    faults.push(`NEXT_PUBLIC_API_URL has to be https://api.medforge.${domain}`)
  }
  if ((values.SESSION_SECRET ?? '').length < 32)
    faults.push('SESSION_SECRET is shorter than 32 characters')
  if (!['internal', 'files', 'acme'].includes(values.TLS_MODE ?? '')) {
    faults.push('TLS_MODE has to be internal, files or acme')
  }
  if (values.TLS_MODE === 'acme' && !values.ACME_EMAIL) {
    faults.push('TLS_MODE=acme needs ACME_EMAIL, a contact for the authority')
  }
  if (values.TLS_MODE === 'internal' && values.EDGE_BIND_ADDRESS !== '127.0.0.1') {
    faults.push('TLS_MODE=internal is for trial hosts, so EDGE_BIND_ADDRESS has to be 127.0.0.1')
  }
  for (const name of SECRETS) {
    if (/[^A-Za-z0-9_-]/.test(values[name] ?? '')) {
      faults.push(`${name} may hold letters, digits, - and _ only`)
    }
  }
  if (uploadMaxBytesOf(values) === undefined) faults.push(UPLOAD_LIMIT_FAULT)
  for (const [name, { value, instead }] of Object.entries(FIXED)) {
    const set = values[name]
    if (set && set !== value) {
      faults.push(`${name} has to be ${value}${instead ? ` (${instead})` : ''}`)
    }
  }
  for (const name of IMAGE_NAMES) {
    const setting = imageSetting(name)
    const reference = values[setting]
    if (reference && !isPinned(reference)) {
      faults.push(`${setting} is not pinned by a digest (name@sha256:…)`)
    }
  }
  return faults
}

/** @throws Failure that lists every fault at once */
export function checkSettings(values: EnvValues, file: string): void {
  const faults = findSettingFaults(values)
  if (faults.length === 0) return
  throw new Failure(
    `${file} cannot be used: ${faults.join('; ')}.`,
    'Correct that there (an image setting may also be emptied, then it is built), and run this again.',
  )
}

/** Images that an operator named; those that we built and recorded ourselves are not overrides. */
export function imageOverrides(values: EnvValues): Partial<Record<ImageName, string>> {
  const overrides: Partial<Record<ImageName, string>> = {}
  for (const name of IMAGE_NAMES) {
    const reference = values[imageSetting(name)]
    if (reference && !isLocalReference(reference)) overrides[name] = reference
  }
  return overrides
}
