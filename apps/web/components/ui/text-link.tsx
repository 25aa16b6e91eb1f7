import type { ComponentProps } from 'react'
import { Link } from '../link.tsx'
import { classNames } from './class-names.ts'

export function TextLink({ className, ...rest }: ComponentProps<typeof Link>) {
  return (
    <Link
      {...rest}
      className={classNames(
        'font-medium text-accent underline decoration-1 underline-offset-[3px] hover:text-accent-strong hover:decoration-2',
        className,
      )}
    />
  )
}
