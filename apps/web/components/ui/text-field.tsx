import { type ComponentProps, type ReactNode, useId } from 'react'
import { classNames } from './class-names.ts'

type TextFieldProps = Omit<ComponentProps<'input'>, 'id'> & {
  label: string
  hint?: string | undefined
  /** Replaces the hint. */
  error?: string | undefined
  /** At the right end inside the box. */
  adornment?: ReactNode
}

export function TextField({ label, hint, error, adornment, className, ...rest }: TextFieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  const note = error ?? hint
  return (
    <div className={classNames('space-y-1.5', className)}>
      <label htmlFor={id} className="block font-semibold text-sm">
        {label}
      </label>
      <div className="relative">
        <input
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? noteId : undefined}
          className={classNames(
            'h-11 w-full rounded-md border border-line-strong bg-surface px-3 text-base text-ink placeholder:text-ink-faint',
            'hover:border-ink-muted focus-visible:outline-offset-0 aria-invalid:border-bad',
            adornment ? 'pr-12' : '',
          )}
        />
        {adornment ? (
          <div className="absolute inset-y-0 right-1 flex items-center">{adornment}</div>
        ) : null}
      </div>
      {note ? (
        <p id={noteId} className={classNames('text-sm', error ? 'text-bad' : 'text-ink-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  )
}
