import { describe, expect, test } from 'vitest'
import { blamesDevice, complaintOf, isAbsent, parseSmi } from './smi.ts'

const A = 'GPU-5c1e0f2a-1b2c-3d4e-5f60-718293a4b5c6'
const B = 'GPU-00000000-1b2c-3d4e-5f60-718293a4b5c6'
const LOST =
  'Unable to determine the device handle for GPU0000:65:00.0: GPU is lost.  Reboot the system to recover this GPU'

describe(parseSmi, () => {
  test('reads devices, a line each, with the programs that compute on them', () => {
    const output = [
      `0, ${A}, NVIDIA H100 80GB HBM3, 6012`,
      `1, ${B}, NVIDIA A100, special, 4`,
      '-----',
      `${A}, 4711, 6004`,
      `${A}, 4712, [N/A]`,
    ].join('\r\n')
    expect(parseSmi(output)).toEqual([
      {
        ...{ index: 0, uuid: A, model: 'NVIDIA H100 80GB HBM3' },
        ...{ fault: null, memoryUsedMib: 6012, pids: [4711, 4712] },
      },
      {
        ...{ index: 1, uuid: B, model: 'NVIDIA A100, special' },
        ...{ fault: null, memoryUsedMib: 4, pids: [] },
      },
    ])
  })

  test.each(['[N/A]', '[Not Supported]'])('takes %j for a figure that there is not', (memory) =>
    expect(parseSmi(`0, ${A}, NVIDIA H100, ${memory}`)).toMatchObject([
      { memoryUsedMib: null, fault: null },
    ]),
  )

  test.each(['[GPU is lost]', '[Unknown Error]', '[GPU requires reset]', 'ERR!'])(
    'takes %j for a fault of the device',
    (memory) =>
      expect(parseSmi(`0, ${A}, NVIDIA H100, ${memory}`)).toMatchObject([
        { fault: expect.stringContaining(memory) },
      ]),
  )

  test.each(['', 'No devices were found', LOST, '<html>', '0, GPU-abc', 'GPU-abc, 1, 2, 3'])(
    'passes over %j',
    (output) => expect(parseSmi(output)).toEqual([]),
  )
})

describe('a complaint', () => {
  test('is the last line that is no device, cut to a readable length', () => {
    expect(complaintOf(`0, ${A}, NVIDIA H100, 4\n${LOST}\n`)).toBe(LOST)
    expect(complaintOf('x'.repeat(500))).toHaveLength(200)
    expect(complaintOf('')).toBe('no output')
  })

  test('blames the device, or the host, or nobody because there is none', () => {
    expect(blamesDevice(LOST)).toBe(true)
    expect(blamesDevice('Failed to initialize NVML: Unknown Error')).toBe(false)
    const versions = 'Failed to initialize NVML: Driver/library version mismatch'
    expect([blamesDevice(versions), isAbsent(versions)]).toEqual([false, false])
    expect(isAbsent('No devices were found')).toBe(true)
  })
})
