'use client'

import { AlertDialog } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { buttonStyle } from './button.tsx'
import { classNames } from './class-names.ts'

type ConfirmDialogProps = {
  trigger: ReactElement
  title: string
  /** What will happen. */
  children: ReactNode
  /** What else has to be said for it. */
  fields?: ReactNode
  confirmLabel: string
  cancelLabel: string
  tone?: 'danger' | 'primary'
  canConfirm?: boolean
  onConfirm: () => void
}

/** Confirms what has consequences for others or cannot be undone. Escape and the first button cancel. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>{props.trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 animate-appear bg-[rgb(6_12_11/0.55)]" />
        <AlertDialog.Content
          className={classNames(
            'fixed inset-x-4 top-1/2 z-50 mx-auto max-w-md -translate-y-1/2 rounded-lg',
            'border border-line bg-raised p-6 shadow-lifted',
          )}
        >
          <AlertDialog.Title className="font-semibold text-lg">{props.title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 space-y-2 text-ink-muted text-sm">{props.children}</div>
          </AlertDialog.Description>
          {props.fields ? <div className="mt-4">{props.fields}</div> : null}
          <div className="mt-6 flex flex-wrap justify-end gap-2">
            <AlertDialog.Cancel className={buttonStyle({ tone: 'quiet' })}>
              {props.cancelLabel}
            </AlertDialog.Cancel>
            <AlertDialog.Action
              className={buttonStyle({ tone: props.tone ?? 'danger' })}
              disabled={props.canConfirm === false}
              onClick={props.onConfirm}
            >
              {props.confirmLabel}
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
