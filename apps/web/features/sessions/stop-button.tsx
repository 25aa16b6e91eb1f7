'use client'

import type { ReactNode } from 'react'
import { Button } from '../../components/ui/button.tsx'
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx'

type StopButtonProps = {
  stop: () => void
  isPending: boolean
  label: string
  title: string
  confirmLabel: string
  cancelLabel: string
  tone: 'plain' | 'danger'
  children: ReactNode
}

export function StopButton(props: StopButtonProps) {
  const isPlain = props.tone === 'plain'
  return (
    <ConfirmDialog
      trigger={
        <Button
          tone={props.tone}
          size={isPlain ? 'small' : 'large'}
          busy={props.isPending}
          className={isPlain ? '-ml-3' : ''}
        >
          {props.label}
        </Button>
      }
      title={props.title}
      confirmLabel={props.confirmLabel}
      cancelLabel={props.cancelLabel}
      onConfirm={props.stop}
    >
      {props.children}
    </ConfirmDialog>
  )
}
