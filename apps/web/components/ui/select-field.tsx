import { type ComponentProps, useId } from 'react'
import { classNames } from './class-names.ts'

type SelectFieldProps = Omit<ComponentProps<'select'>, 'id'> & {
  label: string
  options: readonly { value: string; text: string }[]
}

export function SelectField({ label, options, className, ...rest }: SelectFieldProps) {
  const id = useId()
  return (
    <div className={classNames('space-y-1.5', className)}>
      <label htmlFor={id} className="block font-semibold text-sm">
        {label}
      </label>
      <select
        {...rest}
        id={id}
        className="h-11 w-full rounded-md border border-line-strong bg-surface px-3 text-base text-ink hover:border-ink-muted"
      >
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}
