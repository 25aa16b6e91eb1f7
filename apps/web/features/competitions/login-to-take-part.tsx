import { Link } from '../../components/link.tsx'
import { buttonStyle } from '../../components/ui/button.tsx'
import { loginAddress } from '../../lib/login-address.ts'

/** @param to  what a visitor can do once signed in, such as `submit` */
export function LoginToTakePart({ to, target }: { to: string; target: string }) {
  return (
    <Link
      href={loginAddress(target)}
      className={`${buttonStyle({ tone: 'primary', size: 'large' })} w-full`}
    >
      Log in to {to}
    </Link>
  )
}
