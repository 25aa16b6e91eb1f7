'use client'

import { Moon, Sun, SunMoon } from 'lucide-react'
import { useState } from 'react'
import { applyTheme, parseTheme, type Theme } from '../lib/theme.ts'
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
        <button
          type="button"
          aria-label="Theme"
          className="grid size-10 place-items-center rounded-md text-ink-muted hover:bg-sunken hover:text-ink"
        >
          <SunMoon aria-hidden="true" className="size-4.5" />
        </button>
      }
    >
      <ThemeChoices />
    </Menu>
  )
}

/** The three choices, for any menu. What is chosen now stands on the document, where the server or `applyTheme` put it. */
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
