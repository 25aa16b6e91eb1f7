/** The pattern of LIKE for lower-cased texts that contain `text`, whatever its case; null where it is blank. */
export function likePattern(text: string | undefined): string | null {
  const wanted = text?.normalize('NFC').trim().toLowerCase() ?? ''
  return wanted === '' ? null : `%${wanted.replace(/[\\%_]/g, '\\$&')}%`
}
