'use client'

import { API_PREFIX, type OwnSubmission } from '@medforge/contracts'
import { TextLink } from '../../components/ui/text-link.tsx'
import { useApiUrl } from '../../lib/api/browser.tsx'

/** A submission's file, to download as it was sent. */
export function SubmissionFileLink({ submission }: { submission: OwnSubmission }) {
  const { id, competition_slug: slug, filename } = submission
  const path = `${API_PREFIX}/competitions/${slug}/submissions/${id}/file`
  return (
    <TextLink href={`${useApiUrl()}${path}`} className="inline-block max-w-full py-1">
      {filename}
    </TextLink>
  )
}
