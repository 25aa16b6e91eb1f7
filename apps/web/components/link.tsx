import NextLink from 'next/link'
import type { ComponentProps } from 'react'

/** A link to a page of this site, without prefetching: every page is rendered for its reader, so each costs requests to the API. */
export function Link(props: ComponentProps<typeof NextLink>) {
  return <NextLink prefetch={false} {...props} />
}
