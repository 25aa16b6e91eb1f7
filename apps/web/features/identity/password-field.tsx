'use client'

import { useState } from 'react'
import { TextField } from '../../components/ui/text-field.tsx'

type PasswordFieldProps = {
  label?: string
  name?: string
  autoComplete: 'current-password' | 'new-password'
  hint?: string
  error?: string | undefined
  'data-testid'?: string
}

export function PasswordField({
  label = 'Password',
  name = 'password',
  autoComplete,
  hint,
  error,
  'data-testid': testId,
}: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false)
  return (
    <TextField
      label={label}
      name={name}
      data-testid={testId}
      type={isShown ? 'text' : 'password'}
      autoComplete={autoComplete}
      required
      spellCheck={false}
      hint={hint}
      error={error}
      adornment={
        <button
          type="button"
          aria-pressed={isShown}
          onClick={() => setIsShown(!isShown)}
          className="h-9 rounded-sm px-2.5 font-semibold text-ink-muted text-xs hover:bg-sunken hover:text-ink"
        >
          {isShown ? 'Hide' : 'Show'}
        </button>
      }
    />
  )
}
