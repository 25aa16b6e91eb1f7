'use client'

import { Menu as MenuIcon } from 'lucide-react'
import { Link } from '../components/link.tsx'
import { ThemeChoices } from '../components/theme-menu.tsx'
import { Menu, MenuItem, MenuSeparator } from '../components/ui/menu.tsx'
import { places } from './places.ts'

/** The main navigation of a narrow screen. */
export function NavMenu({ isSignedIn }: { isSignedIn: boolean }) {
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label="Menu"
          className="grid size-10 place-items-center rounded-md text-ink-muted hover:bg-sunken hover:text-ink"
        >
          <MenuIcon aria-hidden="true" className="size-5" />
        </button>
      }
    >
      {places(isSignedIn).map(({ href, text }) => (
        <MenuItem asChild key={href}>
          <Link href={href}>{text}</Link>
        </MenuItem>
      ))}
      <MenuSeparator />
      <ThemeChoices />
    </Menu>
  )
}
