import { PASSWORD_MAX_CODE_POINTS, PASSWORD_MIN_CODE_POINTS } from '@medforge/contracts'
import { hash, type Options, verify } from '@node-rs/argon2'

/**
 * argon2id at OWASP's minimum for it: 19 MiB, two passes, one lane. About 17 ms of one core a hash, in a thread of the pool.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const ARGON2ID: Options = {
  algorithm: 2, // argon2id; the library's const enum is out of reach of type stripping
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  outputLen: 32,
}

/** The form in which a password is counted, hashed and compared: NFC, so that two keyboards agree on "é". */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}

/** What is wrong with a new password, as a phrase that follows "the password"; null when nothing is. */
export function findPasswordFault(password: string): string | null {
  if (!password.isWellFormed()) return 'is not valid Unicode text'
  const codePoints = [...normalizePassword(password)].length
  if (codePoints < PASSWORD_MIN_CODE_POINTS) {
    return `must have at least ${PASSWORD_MIN_CODE_POINTS} characters`
  }
  if (codePoints > PASSWORD_MAX_CODE_POINTS) {
    return `must have at most ${PASSWORD_MAX_CODE_POINTS} characters`
  }
  return null
}

/** @returns the PHC string, with parameters and salt inside */
export async function hashPassword(password: string): Promise<string> {
  return hash(normalizePassword(password), ARGON2ID)
}

/** Whether `password` made `passwordHash`. Takes as long for a wrong password as for the right one. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, normalizePassword(password))
}
