import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

export function PageShell({
  children,
  width = 'wide',
  className,
}: {
  children: ReactNode
  width?: 'wide' | 'text' | 'form'
  className?: string
}) {
  const widths = { wide: 'max-w-6xl', text: 'max-w-3xl', form: 'max-w-md' }
  return (
    <div className={classNames('mx-auto w-full px-4 sm:px-6', widths[width], className)}>
      {children}
    </div>
  )
}

export function PageTitle({
  title,
  lead,
  aside,
}: {
  title: ReactNode
  lead?: ReactNode
  aside?: ReactNode
}) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-3 pt-8 pb-6 sm:pt-12">
      <div className="min-w-0 max-w-2xl space-y-2">
        <h1 className="text-2xl sm:text-3xl">{title}</h1>
        {lead ? <p className="text-ink-muted">{lead}</p> : null}
      </div>
      {aside}
    </div>
  )
}
