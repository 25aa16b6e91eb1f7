import type { ReactNode } from 'react'

/** A list in a card, one thing a row: beside each other on a wide screen, below each other on a phone. */
export function RowList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {children}
    </ul>
  )
}

type RowProps = {
  title: ReactNode
  /** Small facts about it, as text. */
  facts?: ReactNode
  /** What has to be read: reasons, errors. */
  notes?: ReactNode
  actions?: ReactNode
}

export function Row({ title, facts, notes, actions }: RowProps) {
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-5 py-4 text-sm">
      <div className="min-w-0 flex-1 basis-72 space-y-1.5">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 font-medium">{title}</div>
        {facts ? <p className="text-ink-muted">{facts}</p> : null}
        {notes ? <div className="space-y-1 break-words">{notes}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </li>
  )
}
