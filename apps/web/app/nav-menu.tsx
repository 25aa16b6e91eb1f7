'use client'

import { Menu as MenuIcon } from 'lucide-react'
import { ThemeChoices } from '../components/theme-menu.tsx'
import { Button } from '../components/ui/button.tsx'
import { Menu, MenuLink, MenuSeparator } from '../components/ui/menu.tsx'
import { navItems } from './nav-items.ts'

/** The main navigation on a narrow screen. */
export function NavMenu({ isSignedIn }: { isSignedIn: boolean }) {
  return (
    <Menu
      trigger={
        <Button tone="plain" size="icon" aria-label="Menu">
          <MenuIcon aria-hidden="true" className="size-5" />
        </Button>
      }
    >
      {navItems(isSignedIn).map(({ href, text }) => (
        <MenuLink key={href} href={href}>
          {text}
        </MenuLink>
      ))}
      <MenuSeparator />
      <ThemeChoices />
    </Menu>
  )
}
