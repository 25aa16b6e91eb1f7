import { classNames } from './class-names.ts'

/** Decoration only: whatever waits also says so in words. */
export function Spinner({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        'inline-block size-4 animate-turn rounded-full border-2 border-current border-r-transparent',
        className,
      )}
    />
  )
}
