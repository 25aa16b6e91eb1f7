'use client'

import { API_PREFIX } from '@medforge/contracts'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { useApiUrl } from '../../lib/api/browser.tsx'

/** How a program submits: the one line that does it. */
export function ProgramHint({ slug }: { slug: string }) {
  const url = `${useApiUrl()}${API_PREFIX}/competitions/${slug}/submissions`
  return (
    <details className="text-ink-muted text-sm">
      <summary className="cursor-pointer">Submit from a program</summary>
      <p className="mt-2">
        With a token of your <TextLink href="/account#access-tokens">account page</TextLink> in
        TOKEN, from outside a session:
      </p>
      <p className="mt-2">
        <CopyText
          label="command"
          text={`curl -H "Authorization: Bearer $TOKEN" -F file=@submission.csv ${url}`}
        />
      </p>
    </details>
  )
}
