'use client'

import { Download } from 'lucide-react'
import { buttonStyle } from '../../components/ui/button.tsx'
import { useApiUrl } from '../../lib/api/browser.tsx'

/** @param url  absolute, or relative to the API */
export function SampleLink({ url }: { url: string }) {
  const address = new URL(url, useApiUrl()).href
  return (
    <a href={address} download className={`${buttonStyle({ tone: 'quiet' })} w-full`}>
      <Download aria-hidden="true" className="size-4" />
      Download sample submission
    </a>
  )
}
