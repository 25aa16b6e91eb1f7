'use client'

import type { Me } from '@medforge/contracts'
import { useMutation } from '@tanstack/react-query'
import { ChevronDown, LayoutDashboard, LogOut, ShieldCheck, UserCog } from 'lucide-react'
import { Menu, MenuItem, MenuLabel, MenuLink, MenuSeparator } from '../../components/ui/menu.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'

export function AccountMenu({ me }: { me: Pick<Me, 'display_name' | 'email' | 'role'> }) {
  const logOut = useLogOut()
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-10 max-w-52 items-center gap-2 rounded-md pr-1.5 pl-2 text-sm hover:bg-sunken"
        >
          <Initial name={me.display_name} />
          <span className="sr-only">Account menu, </span>
          <span className="truncate font-medium max-sm:sr-only">{me.display_name}</span>
          <ChevronDown aria-hidden="true" className="size-4 shrink-0 text-ink-muted" />
        </button>
      }
    >
      <div className="px-2.5 pt-1.5 pb-2">
        <p className="truncate font-semibold text-sm">{me.display_name}</p>
        <p className="truncate text-ink-muted text-xs">{me.email}</p>
        {me.role === 'admin' ? <p className="mt-1 text-accent text-xs">Administrator</p> : null}
      </div>
      <MenuSeparator />
      <MenuLink href="/dashboard">
        <LayoutDashboard aria-hidden="true" />
        Dashboard
      </MenuLink>
      {me.role === 'admin' ? (
        <MenuLink href="/admin">
          <ShieldCheck aria-hidden="true" />
          Administration
        </MenuLink>
      ) : null}
      <MenuLink href="/account">
        <UserCog aria-hidden="true" />
        Account
      </MenuLink>
      <MenuItem
        onSelect={(event) => {
          event.preventDefault() // Keeps the menu open, for the error if logging out fails.
          logOut.run()
        }}
      >
        <LogOut aria-hidden="true" />
        {logOut.isPending ? 'Logging out…' : 'Log out'}
      </MenuItem>
      {logOut.problem ? <MenuLabel>{logOut.problem}</MenuLabel> : null}
    </Menu>
  )
}

/** A pseudo-element, so that it is not read as text beside the name. */
function Initial({ name }: { name: string }) {
  const [first = '?'] = name
  return (
    <span
      aria-hidden="true"
      data-initial={first.toUpperCase()}
      className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent-strong text-xs before:content-[attr(data-initial)]"
    />
  )
}

function useLogOut() {
  const client = useApi()
  const mutation = useMutation({
    mutationFn: () => client.logout(),
    // A full page load, so that nothing that was read for this person stays in memory.
    onSuccess: () => window.location.assign('/'),
  })
  const problem = mutation.error
    ? `You are still signed in: ${explain(mutation.error).detail}`
    : null
  return { run: () => mutation.mutate(), isPending: mutation.isPending, problem }
}
