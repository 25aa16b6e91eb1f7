'use client'

import { usePathname } from 'next/navigation'
import { Tabs } from '../../components/ui/tabs.tsx'

const TABS = [
  { path: '', text: 'Overview' },
  { path: '/data', text: 'Data' },
  { path: '/submit', text: 'Submit' },
  { path: '/submissions', text: 'My submissions' },
  { path: '/leaderboard', text: 'Leaderboard' },
  { path: '/rules', text: 'Rules' },
] as const

export function CompetitionTabs({ slug }: { slug: string }) {
  const base = `/competitions/${slug}`
  return (
    <Tabs
      label="Competition"
      current={usePathname()}
      tabs={TABS.map(({ path, text }) => ({ href: base + path, text }))}
    />
  )
}
