import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

const TONES = {
  info: { box: 'border-line bg-sunken', mark: 'text-accent', Icon: Info },
  good: { box: 'border-good/40 bg-good-soft', mark: 'text-good', Icon: CircleCheck },
  warn: { box: 'border-warn/40 bg-warn-soft', mark: 'text-warn', Icon: TriangleAlert },
  bad: { box: 'border-bad/40 bg-bad-soft', mark: 'text-bad', Icon: CircleAlert },
} as const

type NoticeProps = {
  tone: keyof typeof TONES
  title: ReactNode
  children?: ReactNode
  actions?: ReactNode
  /** `alert` interrupts a screen reader, `status` waits; none for what is there when the page loads. */
  role?: 'alert' | 'status'
  className?: string
}

/** What happened (title), why and what to do (children), and buttons to do it (actions). */
export function Notice({ tone, title, children, actions, role, className }: NoticeProps) {
  const { box, mark, Icon } = TONES[tone]
  return (
    <div
      role={role}
      className={classNames('flex gap-3 rounded-md border px-4 py-3 text-sm', box, className)}
    >
      <Icon aria-hidden="true" className={classNames('mt-0.5 size-4.5 shrink-0', mark)} />
      <div className="min-w-0 flex-1 space-y-1">
        <p className="font-semibold text-ink">{title}</p>
        {children ? <div className="space-y-1 text-ink-muted">{children}</div> : null}
        {actions ? <div className="flex flex-wrap gap-2 pt-1.5">{actions}</div> : null}
      </div>
    </div>
  )
}
