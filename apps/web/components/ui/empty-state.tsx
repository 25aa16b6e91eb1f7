import type { ReactNode } from 'react'

/** In place of an empty list: why it is empty, and how to change that. */
export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="px-5 py-10 text-center">
      <p className="font-semibold">{title}</p>
      <div className="mx-auto mt-1 max-w-prose text-ink-muted text-sm">{children}</div>
    </div>
  )
}
