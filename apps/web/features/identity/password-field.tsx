'use client'

import { useState } from 'react'
import { TextField } from '../../components/ui/text-field.tsx'

type PasswordFieldProps = {
  label?: string
  name?: string
  autoComplete: 'current-password' | 'new-password'
  hint?: string
  fault?: string | undefined
}

export function PasswordField({
  label = 'Password',
  name = 'password',
  autoComplete,
  hint,
  fault,
}: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false)
  return (
    <TextField
      label={label}
      name={name}
      type={isShown ? 'text' : 'password'}
      autoComplete={autoComplete}
      required
      spellCheck={false}
      hint={hint}
      fault={fault}
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
