import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return (
    <section
      {...rest}
      className={classNames('rounded-lg border border-line bg-surface shadow-card', className)}
    />
  )
}

export function CardHeader({
  title,
  aside,
  id,
}: {
  title: string
  aside?: ReactNode
  id?: string
}) {
  return (
    <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-line border-b px-5 py-3.5">
      <h2 id={id} className="font-semibold text-base">
        {title}
      </h2>
      {aside ? <div className="text-ink-muted text-sm">{aside}</div> : null}
    </header>
  )
}

export function CardBody({ className, ...rest }: ComponentProps<'div'>) {
  return <div {...rest} className={classNames('p-5', className)} />
}
