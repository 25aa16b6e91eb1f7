import { describe, expect, it, test } from 'vitest'
import { diagnoseBuild } from './diagnosis.ts'

describe(diagnoseBuild, () => {
  test.each([
    {
      note: 'blames the disk',
      output: 'mkdir /x: no space left on device',
      message: 'The disk is full',
      remedy: 'docker system df',
    },
    {
      note: 'blames the npm registry',
      output: 'npm error code EAI_AGAIN\nnpm error errno EAI_AGAIN',
      message: 'The npm registry cannot be reached',
      remedy: 'npm ping',
    },
    {
      note: 'blames an unknown certificate authority',
      output: 'npm error code SELF_SIGNED_CERT_IN_CHAIN',
      message: "The npm registry's certificate is not trusted",
      remedy: 'update-ca-certificates',
    },
    {
      note: "blames Debian's archive",
      output:
        "Err:1 http://deb.debian.org trixie InRelease\n  Temporary failure resolving 'deb.debian.org'",
      message: "Debian's archive (deb.debian.org) cannot be reached",
      remedy: 'curl -I http://deb.debian.org/debian/',
    },
    {
      note: 'blames a keyring that is too old',
      output: 'The following signatures could not be verified: NO_PUBKEY 762F67A0B2C39DE4',
      message: "This host has no key for Debian 13's archive",
      remedy: 'debian-archive-keyring',
    },
  ])('$note', ({ output, message, remedy }) => {
    const failure = diagnoseBuild('the api image', output, '/log')
    expect(failure.message).toContain(message)
    expect(failure.message).toContain('the api image')
    expect(failure.remedy).toContain(remedy)
  })

  it('otherwise tells the last words of the program that failed, not Docker’s, and where the log is', () => {
    const output = [
      'Step 3/4 : RUN make',
      '\u001b[91mmain.c:1: error: no such thing',
      '\u001b[0mRemoving intermediate container 123',
      "The command '/bin/sh -c make' returned a non-zero code: 2",
    ].join('\n')
    const failure = diagnoseBuild('the api image', output, '/log')
    expect(failure.message).toBe('Building the api image failed (main.c:1: error: no such thing).')
    expect(failure.remedy).toBe('The whole log is /log.')
  })
})
