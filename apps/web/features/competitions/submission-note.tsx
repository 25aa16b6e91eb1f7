'use client'

import { NOTE_MAX, type OwnSubmission } from '@medforge/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { TextField } from '../../components/ui/text-field.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { submissionKeys } from './queries.ts'

/** What the owner wrote beside a submission, changed in its place. */
export function SubmissionNote({ submission }: { submission: OwnSubmission }) {
  const { note, filename } = submission
  const [isOpen, setIsOpen] = useState(false)
  if (isOpen) return <NoteForm submission={submission} onClose={() => setIsOpen(false)} />
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-ink-muted text-sm">
      {note ? <span className="break-words">{note}</span> : null}
      <Button
        tone="plain"
        size="small"
        className="-mx-3"
        aria-label={`${note ? 'Change the' : 'Add a'} note on ${filename}`}
        onClick={() => setIsOpen(true)}
      >
        {note ? 'Change' : 'Add a note'}
      </Button>
    </p>
  )
}

function NoteForm({ submission, onClose }: { submission: OwnSubmission; onClose: () => void }) {
  const { id, competition_slug: slug, note } = submission
  const client = useApi()
  const queryClient = useQueryClient()
  const saving = useMutation({
    mutationFn: (text: string) => client.changeSubmission(slug, id, { note: text }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: submissionKeys.mine(slug) })
      onClose()
    },
  })
  return (
    <form
      className="space-y-3 pt-1 pb-2"
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate(String(new FormData(event.currentTarget).get('note')))
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <TextField
        label="Note"
        name="note"
        autoFocus
        autoComplete="off"
        maxLength={NOTE_MAX}
        defaultValue={note ?? ''}
        hint="For yourself: nobody else reads it."
      />
      <ErrorNotice error={saving.error} role="alert" />
      <div className="flex gap-2">
        <Button type="submit" size="small" busy={saving.isPending}>
          Save
        </Button>
        <Button tone="plain" size="small" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
