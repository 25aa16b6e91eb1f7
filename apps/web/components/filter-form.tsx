import Form from 'next/form'
import type { ReactNode } from 'react'
import { buttonStyle } from './ui/button.tsx'
import { TextLink } from './ui/text-link.tsx'

type FilterFormProps = {
  /** The page that it filters; its parameters are the names of the fields. */
  path: string
  /** What the address says; empty for the whole list. */
  filter: Record<string, string | undefined>
  children: ReactNode
}

/** Narrows a list by its page's address, so that a filtered list can be linked to. */
export function FilterForm({ path, filter, children }: FilterFormProps) {
  const shown = new URLSearchParams(
    Object.entries(filter).map(([name, value]) => [name, value ?? '']),
  )
  return (
    <Form
      action={path}
      prefetch={false}
      // The fields show what the address says, also when a link has changed it.
      key={shown.toString()}
      className="flex flex-wrap items-end gap-3"
    >
      {children}
      <button type="submit" className={`${buttonStyle({ tone: 'quiet' })} h-11`}>
        Show
      </button>
      {shown.size > 0 ? (
        <TextLink href={path} className="py-2.5 text-sm">
          Show all
        </TextLink>
      ) : null}
    </Form>
  )
}
