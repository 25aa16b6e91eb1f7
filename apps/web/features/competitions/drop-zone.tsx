'use client'

import { FileUp } from 'lucide-react'
import { type ChangeEvent, type DragEvent, useId, useState } from 'react'
import { classNames } from '../../components/ui/class-names.ts'
import { formatBytes } from '../../lib/format.ts'

type DropZoneProps = {
  label: string
  file: File | null
  onFile: (file: File | null) => void
  disabled: boolean
}

export function DropZone({ label, file, onFile, disabled }: DropZoneProps) {
  const id = useId()
  const [isOver, setIsOver] = useState(false)

  function drag(event: DragEvent, over: boolean) {
    event.preventDefault()
    setIsOver(over && !disabled)
  }
  function drop(event: DragEvent) {
    drag(event, false)
    const dropped = event.dataTransfer.files[0]
    if (dropped && !disabled) onFile(dropped)
  }
  function choose(event: ChangeEvent<HTMLInputElement>) {
    onFile(event.currentTarget.files?.[0] ?? null)
    // Otherwise choosing the same file again, after it was corrected, is no change event.
    event.currentTarget.value = ''
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the input inside does it all by keyboard
    <div
      onDragEnter={(event) => drag(event, true)}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={drop}
      className={classNames(
        'relative rounded-md border-2 border-dashed px-4 py-6 text-center transition-colors has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2',
        isOver ? 'border-accent bg-accent-soft' : 'border-line-strong bg-sunken/50',
        disabled ? 'opacity-55' : 'hover:border-accent',
      )}
    >
      <FileUp aria-hidden="true" className="mx-auto size-6 text-ink-muted" />
      <label htmlFor={id} className="mt-2 block font-semibold text-sm">
        {label}
      </label>
      <p className="mt-0.5 text-ink-muted text-sm" aria-live="polite">
        {file ? (
          <span className="break-all">
            {file.name} · {formatBytes(file.size)}
          </span>
        ) : (
          'Drop a CSV here, or choose one'
        )}
      </p>
      <input
        id={id}
        type="file"
        accept=".csv,text/csv"
        disabled={disabled}
        onChange={choose}
        className="absolute inset-0 cursor-pointer rounded-md opacity-0 disabled:cursor-not-allowed"
      />
    </div>
  )
}
