import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { classNames } from './class-names.ts'
import { Spinner } from './spinner.tsx'

/** For buttons, and for links that look like one. */
export const buttonStyle = cva(
  'inline-flex items-center justify-center gap-2 rounded-md border font-semibold whitespace-nowrap transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-50 not-aria-busy:aria-disabled:cursor-not-allowed not-aria-busy:aria-disabled:opacity-50 aria-busy:cursor-progress aria-busy:opacity-85 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        primary:
          'border-transparent bg-accent text-on-accent enabled:hover:bg-accent-strong [a&]:hover:bg-accent-strong',
        quiet:
          'border-line-strong bg-surface text-ink enabled:hover:border-ink-muted enabled:hover:bg-sunken [a&]:hover:border-ink-muted [a&]:hover:bg-sunken',
        plain:
          'border-transparent text-ink-muted enabled:hover:bg-sunken enabled:hover:text-ink [a&]:hover:bg-sunken [a&]:hover:text-ink',
        danger: 'border-bad bg-surface text-bad enabled:hover:bg-bad-soft',
      },
      size: {
        small: 'h-8 px-3 text-sm',
        medium: 'h-10 px-4 text-sm',
        large: 'h-12 px-6 text-base',
        icon: 'size-10',
      },
    },
    defaultVariants: { tone: 'quiet', size: 'medium' },
  },
)

type ButtonProps = ComponentProps<'button'> &
  VariantProps<typeof buttonStyle> & {
    /** Shows a spinner beside the label. As with `aria-disabled`, the button keeps the focus, does nothing and submits no form. */
    busy?: boolean
  }

export function Button({ tone, size, busy = false, className, children, ...rest }: ButtonProps) {
  const isInert = busy || rest['aria-disabled'] === true
  return (
    <button
      type="button"
      {...rest}
      onClick={isInert ? (event) => event.preventDefault() : rest.onClick}
      aria-disabled={isInert || undefined}
      aria-busy={busy || undefined}
      className={classNames(buttonStyle({ tone, size }), className)}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  )
}
