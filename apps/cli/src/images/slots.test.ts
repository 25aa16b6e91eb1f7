import { describe, expect, it } from 'vitest'
import { createSlots } from './slots.ts'

describe(createSlots, () => {
  it('runs no more jobs at a time than there are slots, and all of them in the end', async () => {
    const slots = createSlots(2)
    const { signal } = new AbortController()
    let running = 0
    let most = 0
    const job = async () => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
    }
    await Promise.all(Array.from({ length: 7 }, () => slots.run(signal, job)))
    expect({ most, running }).toEqual({ most: 2, running: 0 })
  })

  it('gives the slot of a failed job to the next one', async () => {
    const slots = createSlots(1)
    const { signal } = new AbortController()
    const failed = slots.run(signal, () => Promise.reject(new Error('no')))
    const next = slots.run(signal, async () => 'yes')
    await expect(failed).rejects.toThrow('no')
    await expect(next).resolves.toBe('yes')
  })

  it('begins nothing after the abort', async () => {
    const slots = createSlots(1)
    const stop = new AbortController()
    let begun = 0
    const first = slots.run(stop.signal, async () => {
      begun += 1
      stop.abort()
    })
    const second = slots.run(stop.signal, async () => {
      begun += 1
    })
    await first
    await expect(second).rejects.toThrow()
    expect(begun).toBe(1)
  })
})
