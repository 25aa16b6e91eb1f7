'use client'

import { usePathname } from 'next/navigation'
import { Link } from '../../components/link.tsx'

export function CompetitionTabs({ slug }: { slug: string }) {
  const pathname = usePathname()
  const base = `/competitions/${slug}`
  const tabs = [
    { href: base, text: 'Overview' },
    { href: `${base}/leaderboard`, text: 'Leaderboard' },
  ]
  return (
    <nav aria-label="Competition" className="-mx-1 flex gap-1 border-line border-b">
      {tabs.map(({ href, text }) => (
        <Link
          key={href}
          href={href}
          aria-current={pathname === href ? 'page' : undefined}
          className="-mb-px border-transparent border-b-2 px-3 py-2.5 text-ink-muted text-sm hover:text-ink aria-[current]:border-accent aria-[current]:font-semibold aria-[current]:text-ink"
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}
