'use client'

import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      setCopied(false) // The browser refused; the text can still be selected by hand.
    }
  }
  return (
    <span className="inline-flex max-w-full items-center gap-1 align-middle">
      <code className="min-w-0 break-all font-mono text-[0.92em]">{text}</code>
      <button
        type="button"
        onClick={() => void copy()}
        aria-label={copied ? `${label} copied` : `Copy ${label}`}
        className="grid size-7 shrink-0 place-items-center rounded-sm text-ink-muted hover:bg-sunken hover:text-ink"
      >
        {copied ? (
          <Check aria-hidden="true" className="size-3.5" />
        ) : (
          <Copy aria-hidden="true" className="size-3.5" />
        )}
      </button>
    </span>
  )
}
