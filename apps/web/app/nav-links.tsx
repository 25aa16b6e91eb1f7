'use client'

import { usePathname } from 'next/navigation'
import { Link } from '../components/link.tsx'
import { navItems } from './nav-items.ts'

export function NavLinks({ isSignedIn }: { isSignedIn: boolean }) {
  const pathname = usePathname()
  return navItems(isSignedIn).map(({ href, text }) => (
    <Link
      key={href}
      href={href}
      aria-current={pathname.startsWith(href) ? 'page' : undefined}
      className="rounded-md px-3 py-2 text-ink-muted text-sm hover:bg-sunken hover:text-ink aria-[current]:font-semibold aria-[current]:text-ink"
    >
      {text}
    </Link>
  ))
}
