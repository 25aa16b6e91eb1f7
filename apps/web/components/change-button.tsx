'use client'

import { type ReactNode, useState } from 'react'
import { explain } from '../lib/api/failure.ts'
import { useAdminChange } from '../lib/api/use-admin-change.ts'
import { useHydrated } from '../lib/clock.tsx'
import { Button } from './ui/button.tsx'
import { ConfirmDialog } from './ui/confirm-dialog.tsx'
import { TextField } from './ui/text-field.tsx'

type ChangeButtonProps = {
  label: string
  /** For screen readers: the label, then what it is done to. */
  name: string
  tone?: 'quiet' | 'danger'
  title: string
  confirmLabel: string
  cancelLabel?: string
  /** Asks for a reason, which `change` gets. */
  reason?: { label: string; hint: string; minLength: number; maxLength: number }
  change: (reason: string) => Promise<unknown>
  /** What will happen. */
  children: ReactNode
}

/** Something that an administrator does to somebody else's things: says what will happen, asks, does it, and says where that failed. */
export function ChangeButton(props: ChangeButtonProps) {
  const { tone = 'quiet', reason } = props
  const [text, setText] = useState('')
  const isReady = useHydrated()
  const changing = useAdminChange(() => props.change(text.trim()))
  return (
    <div className="space-y-1.5">
      <ConfirmDialog
        trigger={
          <Button
            tone={tone}
            size="small"
            busy={changing.isPending}
            disabled={!isReady}
            aria-label={props.name}
          >
            {props.label}
          </Button>
        }
        title={props.title}
        confirmLabel={props.confirmLabel}
        cancelLabel={props.cancelLabel ?? 'Leave it as it is'}
        tone={tone === 'danger' ? 'danger' : 'primary'}
        canConfirm={!reason || text.trim().length >= reason.minLength}
        onConfirm={() => changing.mutate(undefined)}
        fields={
          reason ? (
            <TextField
              label={reason.label}
              hint={reason.hint}
              maxLength={reason.maxLength}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          ) : undefined
        }
      >
        {props.children}
      </ConfirmDialog>
      {changing.error ? (
        <p role="alert" className="max-w-64 text-bad text-sm">
          {explain(changing.error).detail}
        </p>
      ) : null}
    </div>
  )
}
