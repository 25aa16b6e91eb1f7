'use client'

import type { SessionEvent } from '@medforge/contracts'
import { useEffect, useState } from 'react'
import { parseStored } from './stored-durations.ts'
import { type UsualDurations, usualDurations } from './timeline.ts'

const STORED_UNDER = 'medforge.usual-durations'

/**
 * How long each step usually takes. An event tells it of the step that it ends, so for the steps still to come
 * this browser remembers what earlier launches told.
 */
export function useUsualDurations(events: readonly SessionEvent[]): UsualDurations {
  const [remembered] = useState<UsualDurations>(() => parseStored(readStored()))
  const told = usualDurations(events)
  const usual = { ...remembered, ...told }
  const toStore = JSON.stringify(usual)
  useEffect(() => {
    try {
      localStorage.setItem(STORED_UNDER, toStore)
    } catch {
      // Storage is off or full: the next launch shows no usual times until its steps end.
    }
  }, [toStore])
  return usual
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORED_UNDER)
  } catch {
    return null
  }
}
