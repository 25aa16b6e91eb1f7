import { cva, type VariantProps } from 'class-variance-authority'
import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

const badgeStyle = cva(
  'inline-flex items-center gap-1.5 rounded-sm px-1.5 py-0.5 text-xs font-semibold whitespace-nowrap',
  {
    variants: {
      tone: {
        neutral: 'bg-sunken text-ink-muted',
        accent: 'bg-accent-soft text-accent-strong',
        good: 'bg-good-soft text-good',
        warn: 'bg-warn-soft text-warn',
        bad: 'bg-bad-soft text-bad',
      },
    },
    defaultVariants: { tone: 'neutral' },
  },
)

type BadgeProps = VariantProps<typeof badgeStyle> & {
  children: ReactNode
  dot?: 'steady' | 'pulsing' | undefined
  title?: string
  className?: string
}

export function Badge({ tone, dot, children, title, className }: BadgeProps) {
  return (
    <span className={classNames(badgeStyle({ tone }), className)} title={title}>
      {dot ? (
        <span
          aria-hidden="true"
          className={classNames(
            'size-1.5 rounded-full bg-current',
            dot === 'pulsing' && 'animate-pulse',
          )}
        />
      ) : null}
      {children}
    </span>
  )
}
