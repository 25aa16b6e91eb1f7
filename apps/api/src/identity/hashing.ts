import { randomBytes } from 'node:crypto'
import { hashPassword, verifyPassword } from '@medforge/core'
import { DomainError } from '../http/domain-error.ts'
import { createLimiter, SaturatedError } from '../lib/limiter.ts'

/** argon2id beside the event loop, a bounded number at once. @throws DomainError `service_unavailable` beyond that */
export interface Hashing {
  hash(password: string): Promise<string>
  /**
   * Whether `password` made `passwordHash`. Without a hash (no such account) the answer is no, and takes as long.
   */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>
}

type Argon2 = {
  hash: (password: string) => Promise<string>
  verify: (passwordHash: string, password: string) => Promise<boolean>
}

// Two at once leave cores for everything else (17 ms each); 64 in line wait about half a second at most.
const LIMITS = { running: 2, waiting: 64 }

/** @param argon2  another implementation, for tests */
export function createHashing(
  argon2: Argon2 = { hash: hashPassword, verify: verifyPassword },
): Hashing {
  const limiter = createLimiter(LIMITS)
  const nobodysHash = argon2.hash(randomBytes(32).toString('base64'))

  async function whenFree<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await limiter.run(task)
    } catch (error) {
      if (!(error instanceof SaturatedError)) throw error
      throw new DomainError('service_unavailable', {
        detail: 'Too many people are signing in right now. Try again in a moment.',
        headers: { 'retry-after': '2' },
      })
    }
  }

  return {
    hash: (password) => whenFree(() => argon2.hash(password)),
    async verify(passwordHash, password) {
      const comparedWith = passwordHash ?? (await nobodysHash)
      const isRight = await whenFree(() => argon2.verify(comparedWith, password))
      return isRight && passwordHash !== undefined
    },
  }
}
