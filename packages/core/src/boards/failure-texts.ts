/** What the owner of a submission that got no score reads. */
export const FAILED = {
  fault:
    'A fault of the platform kept this file from being scored. It does not count against your day: please upload it again.',
  invalid:
    'The competition has changed since this file was accepted, and the file does not fit any more. It does not count against your day.',
  left_out:
    'The competition was scored again, and a fault of the platform kept this file from getting its new score. It does not count against its day: please upload it again, or ask an administrator.',
} as const
