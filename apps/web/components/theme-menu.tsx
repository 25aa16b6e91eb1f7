'use client'

import { Moon, Sun, SunMoon } from 'lucide-react'
import { useState } from 'react'
import { applyTheme, parseTheme, type Theme } from '../lib/theme.ts'
import { Button } from './ui/button.tsx'
import { Menu, MenuChoice, MenuChoices, MenuLabel } from './ui/menu.tsx'

const CHOICES = [
  { theme: 'system', text: 'As the system', Icon: SunMoon },
  { theme: 'light', text: 'Light', Icon: Sun },
  { theme: 'dark', text: 'Dark', Icon: Moon },
] as const

export function ThemeMenu() {
  return (
    <Menu
      trigger={
        <Button tone="plain" size="icon" aria-label="Theme">
          <SunMoon aria-hidden="true" className="size-4.5" />
        </Button>
      }
    >
      <ThemeChoices />
    </Menu>
  )
}

/** The current choice is read from the document, where the server or `applyTheme` has written it. */
export function ThemeChoices() {
  const [theme, setTheme] = useState<Theme>(() =>
    parseTheme(document.documentElement.dataset.theme),
  )
  function choose(value: string) {
    const next = parseTheme(value)
    setTheme(next)
    applyTheme(next)
  }
  return (
    <>
      <MenuLabel>Theme</MenuLabel>
      <MenuChoices value={theme} onValueChange={choose}>
        {CHOICES.map(({ theme: value, text, Icon }) => (
          <MenuChoice key={value} value={value}>
            <Icon aria-hidden="true" />
            {text}
          </MenuChoice>
        ))}
      </MenuChoices>
    </>
  )
}
