'use client'

import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { useHydrated } from '../../lib/clock.tsx'
import { type FieldErrors, fieldErrors } from './field-errors.ts'

type ApiFormProps<Result> = {
  send: (fields: FormData) => Promise<Result>
  onSuccess?: (form: HTMLFormElement) => unknown
  /** What success loads, for a form that is a page of its own. Checked by `nextTarget`. */
  target?: string
  errorsOf?: (failure: Failure) => FieldErrors
  /** What the test ids of its parts begin with. */
  testId?: string
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
  const hasFieldErrors = Object.keys(errors).length > 0
  const form = useFocusOnFault(sending.error)
  const testIdOf = (part: string) => (props.testId ? `${props.testId}-${part}` : undefined)
  return (
    <form
      ref={form}
      method="post"
      noValidate
      data-testid={testIdOf('form')}
      className={isPage ? 'space-y-5' : 'space-y-4'}
      onSubmit={(event) => {
        event.preventDefault()
        sending.mutate(event.currentTarget)
      }}
    >
      {failure ? (
        <div data-testid={testIdOf('error')}>
          {hasFieldErrors ? (
            <Notice tone="bad" role="alert" title="Correct what is marked below" />
          ) : (
            <FailureNotice failure={failure} role="alert" />
          )}
        </div>
      ) : null}
      {props.children(errors)}
      <Button
        type="submit"
        data-testid={testIdOf('submit')}
        tone="primary"
        size={isPage ? 'large' : 'medium'}
        className={isPage ? 'w-full' : ''}
        busy={sending.isPending || (isPage && sending.isSuccess)}
        disabled={!isReady}
      >
        {props.submitLabel}
      </Button>
      {sending.isSuccess ? (
        <div data-testid={testIdOf('success')}>
          {isPage ? (
            <p role="status" className="text-center text-ink-muted text-sm">
              Done. The next page is loading…
            </p>
          ) : (
            props.success?.(sending.data)
          )}
        </div>
      ) : null}
    </form>
  )
}

/** After a refusal the first field that is marked has the focus, so that it is found and read. */
function useFocusOnFault(error: Error | null) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (error === null) return
    const field = form.current?.querySelector('[aria-invalid="true"]')
    if (field instanceof HTMLElement) field.focus()
  }, [error])
  return form
}

export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
