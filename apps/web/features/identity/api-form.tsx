'use client'

import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { type FieldErrors, fieldErrors } from './field-errors.ts'

type ApiFormProps<Result> = {
  send: (fields: FormData) => Promise<Result>
  onSuccess?: (form: HTMLFormElement) => unknown
  /** What success loads, for a form that is a page of its own. Checked by `nextTarget`. */
  target?: string
  errorsOf?: (failure: Failure) => FieldErrors
  submitLabel: string
  success?: (result: Result) => ReactNode
  children: (errors: FieldErrors) => ReactNode
}

/** A form that the API validates. It is disabled until hydration, before which the browser would submit it natively. */
export function ApiForm<Result>(props: ApiFormProps<Result>) {
  const { target, errorsOf = fieldErrors } = props
  const isPage = target !== undefined
  const isReady = useHydrated()
  const sending = useMutation({
    mutationFn: (form: HTMLFormElement) => props.send(new FormData(form)),
    onSuccess: (_result, form) => {
      // A full page load, so that nothing that was read for somebody else stays in memory.
      if (isPage) window.location.assign(target)
      return props.onSuccess?.(form)
    },
  })
  const failure = sending.error ? explain(sending.error) : null
  const errors = failure ? errorsOf(failure) : {}
  return (
    <form
      method="post"
      noValidate
      className={isPage ? 'space-y-5' : 'space-y-4'}
      onSubmit={(event) => {
        event.preventDefault()
        sending.mutate(event.currentTarget)
      }}
    >
      {failure && (isPage || Object.keys(errors).length === 0) ? (
        <FailureNotice failure={failure} role="alert" />
      ) : null}
      {props.children(errors)}
      <Button
        type="submit"
        tone="primary"
        size={isPage ? 'large' : 'medium'}
        className={isPage ? 'w-full' : ''}
        busy={sending.isPending || (isPage && sending.isSuccess)}
        disabled={!isReady}
      >
        {props.submitLabel}
      </Button>
      {sending.isSuccess ? props.success?.(sending.data) : null}
    </form>
  )
}

export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
