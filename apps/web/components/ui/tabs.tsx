'use client'

import { useEffect, useRef } from 'react'
import { Link } from '../link.tsx'

type TabsProps = {
  /** Of the navigation, for screen readers. */
  label: string
  tabs: readonly { href: string; text: string }[]
  /** The `href` of the tab that is shown. */
  current: string
}

/** Pages beside each other, each with an address of its own. On a narrow screen they scroll sideways, with the current one in sight. */
export function Tabs({ label, tabs, current }: TabsProps) {
  const list = useRef<HTMLElement>(null)
  useEffect(() => {
    const tab = list.current?.querySelector(`[href="${CSS.escape(current)}"]`)
    // Sideways only: the page itself stays where it is.
    if (tab instanceof HTMLElement && list.current) {
      list.current.scrollLeft =
        tab.offsetLeft - (list.current.clientWidth - tab.offsetWidth) / 2 - list.current.offsetLeft
    }
  }, [current])
  return (
    <nav
      ref={list}
      aria-label={label}
      className="-mx-1 flex gap-1 overflow-x-auto border-line border-b [scrollbar-width:none]"
    >
      {tabs.map(({ href, text }) => (
        <Link
          key={href}
          href={href}
          aria-current={current === href ? 'page' : undefined}
          className="shrink-0 border-transparent border-b-2 px-3 py-2.5 text-ink-muted text-sm hover:text-ink focus-visible:-outline-offset-2 aria-[current]:border-accent aria-[current]:font-semibold aria-[current]:text-ink"
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}
