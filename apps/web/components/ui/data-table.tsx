import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** Scrolls sideways on a narrow screen; the caption is for screen readers. */
export function DataTable({ caption, children }: { caption: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section aria-label={caption} tabIndex={0} className="overflow-x-auto">
      <table className="w-full border-collapse text-sm [&_tbody_tr:last-child_td]:border-b-0">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </section>
  )
}

export function HeadCell({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      {...rest}
      className={classNames(
        'border-line border-b px-4 py-2.5 text-left font-semibold text-ink-muted text-xs whitespace-nowrap first:pl-5 last:pr-5',
        className,
      )}
    />
  )
}

export function Cell({ className, ...rest }: ComponentProps<'td'>) {
  return (
    <td
      {...rest}
      className={classNames(
        'border-line border-b px-4 py-3 align-top first:pl-5 last:pr-5',
        className,
      )}
    />
  )
}
