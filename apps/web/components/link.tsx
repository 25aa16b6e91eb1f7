import NextLink from 'next/link'
import type { ComponentProps } from 'react'

/**
 * A link to a page of this site. Nothing is fetched before the click: every page is rendered for its reader, so there
 * is nothing to have in advance, and each try would cost the server a question to the API.
 */
export function Link(props: ComponentProps<typeof NextLink>) {
  return <NextLink prefetch={false} {...props} />
}
