import { expect, test } from 'vitest'
import { gpuCount, gpuName, nameGpus } from './gpu.ts'

test('every name of a simulated GPU has that in it', () => {
  expect(gpuName(3, 'simulated')).toBe('GPU 3 (simulated)')
  expect(gpuCount(1, 'simulated')).toBe('1 simulated GPU')
  expect(nameGpus('No GPU is free; every simulated GPU is taken.', 'simulated')).toBe(
    'No simulated GPU is free; every simulated GPU is taken.',
  )
})

test('a real GPU is just named', () => {
  expect(gpuName(3, 'nvidia')).toBe('GPU 3')
  expect(gpuCount(7, 'nvidia')).toBe('7 GPUs')
  expect(nameGpus('No GPU is free.', 'nvidia')).toBe('No GPU is free.')
})
