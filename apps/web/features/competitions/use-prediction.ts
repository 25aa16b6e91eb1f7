'use client'

import type { CompetitionDetail } from '@medforge/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { retryWrite } from '../../lib/api/failure.ts'
import { checkLocally, type LocalCheck } from './local-check.ts'
import { submissionKeys } from './queries.ts'

type Prediction = {
  file: File
  /** Makes a retry after a lost response the same submission. */
  idempotencyKey: string
  /** Null while the check runs. */
  check: LocalCheck | null
}

export function usePrediction(
  competition: Pick<CompetitionDetail, 'slug' | 'metric' | 'submission_spec'>,
) {
  const { slug } = competition
  const client = useApi()
  const queryClient = useQueryClient()
  const sample = useRef<Promise<string> | null>(null)
  const [prediction, setPrediction] = useState<Prediction | null>(null)

  function readSample(): Promise<string> {
    sample.current ??= client.getSampleSubmission(slug)
    // A failure is not kept, so that the next file reads it again.
    sample.current.catch(() => {
      sample.current = null
    })
    return sample.current
  }

  /** What is sent is what was checked, whatever becomes of the file on disk meanwhile. */
  async function checkCopy(
    file: File,
    sample: () => Promise<string>,
  ): Promise<Pick<Prediction, 'file' | 'check'>> {
    try {
      const copy = await copyOf(file)
      return { file: copy, check: await checkLocally(competition, copy, sample) }
    } catch {
      return { file, check: UNREADABLE }
    }
  }

  const sending = useMutation({
    mutationFn: ({ file, idempotencyKey }: Prediction) =>
      client.submit(slug, file, { idempotencyKey }),
    retry: retryWrite,
    onSuccess: () => setPrediction(null),
    onSettled: () => queryClient.invalidateQueries({ queryKey: submissionKeys.all(slug) }),
  })

  async function choose(file: File | null) {
    sending.reset()
    if (file === null) return setPrediction(null)
    const chosen: Prediction = { file, idempotencyKey: crypto.randomUUID(), check: null }
    setPrediction(chosen)
    const checked = await checkCopy(file, readSample)
    // Another file may have been chosen meanwhile.
    setPrediction((now) => (now?.file === file ? { ...now, ...checked } : now))
  }

  return {
    prediction,
    choose: (file: File | null) => void choose(file),
    send: () => prediction && sending.mutate(prediction),
    isSending: sending.isPending,
    accepted: sending.data ?? null,
    error: sending.error,
  }
}

/** Larger files are refused in any case, and only cost the browser's memory. */
const LARGEST_COPIED_BYTES = 32 * 1024 * 1024

async function copyOf(file: File): Promise<File> {
  if (file.size > LARGEST_COPIED_BYTES) return file
  return new File([await file.arrayBuffer()], file.name, { type: file.type })
}

const UNREADABLE: LocalCheck = { kind: 'unreadable' }
