'use client'

import { setNonce } from 'get-nonce'
import { useState } from 'react'

/**
 * Sets the nonce of the style element that a dialog's scroll lock adds, which the content security policy refuses otherwise.
 *
 * @param nonce  only the first one counts: it is this document's
 */
export function StyleNonce({ nonce }: { nonce: string }) {
  useState(() => {
    if (typeof window !== 'undefined') setNonce(nonce)
  })
  return null
}
