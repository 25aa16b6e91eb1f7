export function navItems(isSignedIn: boolean): { href: string; text: string }[] {
  return [
    ...(isSignedIn ? [{ href: '/dashboard', text: 'Dashboard' }] : []),
    { href: '/competitions', text: 'Competitions' },
    { href: '/datasets', text: 'Data sets' },
  ]
}
