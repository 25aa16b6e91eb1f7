'use client'

import { setNonce } from 'get-nonce'
import { useState } from 'react'

/**
 * Tells the library that locks scrolling behind a dialog which nonce its style element must carry;
 * without it the content security policy refuses the element. Renders nothing.
 *
 * @param nonce  this document's; later renders bring another one, which this document would not accept
 */
export function StyleNonce({ nonce }: { nonce: string }) {
  useState(() => {
    if (typeof window !== 'undefined') setNonce(nonce)
  })
  return null
}
