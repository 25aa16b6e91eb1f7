'use client'

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { fieldFaults } from './field-faults.ts'

/**
 * A form whose success signs the person in and moves on to `target`.
 *
 * The move is a whole new page, not a client-side one: nothing that was read for the person before survives it.
 * Until React has taken over, the form cannot be sent, for a browser would send it its own way.
 */
export function useCredentials(target: string, send: (fields: FormData) => Promise<unknown>) {
  const isReady = useHydrated()
  const [isLeaving, setIsLeaving] = useState(false)
  const mutation = useMutation({
    mutationFn: send,
    onSuccess: () => {
      setIsLeaving(true)
      window.location.assign(target)
    },
  })
  const failure: Failure | null = mutation.error ? explain(mutation.error) : null
  const faults = failure ? fieldFaults(failure.errors) : {}
  return {
    isReady,
    isBusy: mutation.isPending || isLeaving,
    failure,
    faults,
    onSubmit(event: FormEvent<HTMLFormElement>) {
      event.preventDefault()
      mutation.mutate(new FormData(event.currentTarget))
    },
  }
}

export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
