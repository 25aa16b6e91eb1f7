import { test as base, inject } from 'vitest'
import { readInstallation } from '../../support/installation.ts'
import { CHAOS_SETTINGS } from './chaos.ts'
import { createControlPlane } from './processes.ts'

/** A test of faults. The platform's processes (`plane`) run on from file to file: to start them is most of what a file would cost. */
export const test = base.extend(
  'plane',
  { scope: 'worker' },
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from this pattern
  async ({}, { onCleanup }) => {
    const plane = createControlPlane(readInstallation(), inject('chaosModules'), CHAOS_SETTINGS)
    onCleanup(() => plane[Symbol.asyncDispose]())
    return plane
  },
)
