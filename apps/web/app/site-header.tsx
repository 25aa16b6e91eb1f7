import { Link } from '../components/link.tsx'
import { ThemeMenu } from '../components/theme-menu.tsx'
import { BrandMark } from '../components/ui/brand-mark.tsx'
import { buttonStyle } from '../components/ui/button.tsx'
import { AccountMenu } from '../features/identity/account-menu.tsx'
import { getViewer } from '../features/identity/viewer.ts'
import { NavLinks } from './nav-links.tsx'
import { NavMenu } from './nav-menu.tsx'

export async function SiteHeader() {
  const viewer = await getViewer()
  const isSignedIn = viewer.kind === 'signed-in'
  return (
    <header className="sticky top-0 z-30 border-line border-b bg-canvas/95 backdrop-blur-sm">
      <div className="mx-auto flex h-16 max-w-6xl items-center gap-2 px-4 sm:px-6">
        <Link href="/" className="flex items-center gap-2.5 rounded-md pr-2" aria-label="MedForge">
          <BrandMark className="size-8" />
          <span className="font-bold text-lg tracking-tight">MedForge</span>
        </Link>
        <nav aria-label="Main" className="ml-4 hidden items-center gap-1 md:flex">
          <NavLinks isSignedIn={isSignedIn} />
        </nav>
        <div className="ml-auto flex items-center gap-1.5">
          <div className="max-md:hidden">
            <ThemeMenu />
          </div>
          {isSignedIn ? (
            <AccountMenu me={viewer.me} />
          ) : (
            <>
              <Link
                href="/login"
                className={`${buttonStyle({ tone: 'plain' })} max-[400px]:px-2.5`}
              >
                Log in
              </Link>
              <Link href="/signup" className={buttonStyle({ tone: 'quiet' })}>
                Sign up
              </Link>
            </>
          )}
          <div className="md:hidden">
            <NavMenu isSignedIn={isSignedIn} />
          </div>
        </div>
      </div>
    </header>
  )
}
