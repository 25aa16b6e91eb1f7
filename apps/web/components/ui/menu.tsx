'use client'

import { DropdownMenu } from 'radix-ui'
import type { ComponentProps, ReactElement, ReactNode } from 'react'
import { Link } from '../link.tsx'
import { classNames } from './class-names.ts'

/** Not modal, so that the page behind stays scrollable. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={12}
          className="z-50 min-w-52 animate-appear rounded-lg border border-line bg-raised p-1.5 shadow-lifted"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

const itemStyle =
  'flex w-full items-center gap-2.5 rounded-md px-2.5 py-2 text-left text-sm text-ink data-highlighted:bg-sunken data-highlighted:outline-none [&_svg]:size-4 [&_svg]:text-ink-muted'

export function MenuItem({ className, ...rest }: ComponentProps<typeof DropdownMenu.Item>) {
  return <DropdownMenu.Item {...rest} className={classNames(itemStyle, className)} />
}

export function MenuLink(props: ComponentProps<typeof Link>) {
  return (
    <MenuItem asChild>
      <Link {...props} />
    </MenuItem>
  )
}

export function MenuChoice({
  className,
  children,
  ...rest
}: ComponentProps<typeof DropdownMenu.RadioItem>) {
  return (
    <DropdownMenu.RadioItem {...rest} className={classNames(itemStyle, className)}>
      {children}
      <DropdownMenu.ItemIndicator className="ml-auto">
        <span aria-hidden="true" className="block size-2 rounded-full bg-accent" />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.RadioItem>
  )
}

export const MenuChoices = DropdownMenu.RadioGroup

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-ink-muted text-xs">
      {children}
    </DropdownMenu.Label>
  )
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="-mx-1.5 my-1.5 h-px bg-line" />
}
