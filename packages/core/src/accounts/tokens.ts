import { createHmac, randomBytes, randomInt } from 'node:crypto'

const TOKEN_BYTES = 48

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** What the database keeps of a token: useless to whoever steals the table without the secret. */
export function createTokenHasher(sessionSecret: string): (token: string) => Buffer {
  return (token) => createHmac('sha256', sessionSecret).update(token).digest()
}

// Crockford's: nothing in it can be mistaken for something else that is in it.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_LENGTH = 16

/** An invitation code of 80 bits, such as `7Q2M-X0HD-KW4N-ZC81`. */
export function newInvitationCode(): string {
  const letters = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)])
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** What the database keeps of an invitation code, whatever case, blanks and dashes it was typed with. */
export function createInvitationHasher(sessionSecret: string): (code: string) => Buffer {
  return (code) => {
    const letters = code
      .toUpperCase()
      .replace(/[\s-]+/g, '')
      .replaceAll('O', '0')
      .replace(/[IL]/g, '1')
    return createHmac('sha256', sessionSecret).update('invitation\0').update(letters).digest()
  }
}
