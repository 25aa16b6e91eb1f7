'use client'

import type { SessionEvent } from '@medforge/contracts'
import { useEffect, useState } from 'react'
import { parseStoredMedians, type StepMedians, stepMedians } from './step-medians.ts'

const STORAGE_KEY = 'medforge.step-medians'

/** An event has the median of the step that it ends; for the steps to come there is what this browser stored in earlier launches. */
export function useStepMedians(events: readonly SessionEvent[]): StepMedians {
  const [stored] = useState<StepMedians>(() => parseStoredMedians(readStored()))
  const medians = { ...stored, ...stepMedians(events) }
  const toStore = JSON.stringify(medians)
  useEffect(() => {
    try {
      localStorage.setItem(STORAGE_KEY, toStore)
    } catch {
      // Storage is off or full: the next launch shows no usual times until its steps end.
    }
  }, [toStore])
  return medians
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY)
  } catch {
    return null
  }
}
