import { describe, expect, test } from 'vitest'
import type { GpuDevice } from './inventory.ts'
import { createNvidiaInventory, type SmiAnswer } from './nvidia.ts'

const A = 'GPU-aaaaaaaa-0000-0000-0000-000000000000'
const B = 'GPU-bbbbbbbb-0000-0000-0000-000000000000'
const lineOf = (index: number, uuid: string) => `${index}, ${uuid}, NVIDIA H100, 4`
const signal = new AbortController().signal

const known: GpuDevice[] = [A, B].map((uuid, index) => ({
  ...{ index, uuid, model: 'NVIDIA H100', fault: null, memoryUsedMib: null, pids: [] },
}))

const ended = (output: string, exitCode = 0): SmiAnswer => ({ kind: 'ended', exitCode, output })
const HUNG: SmiAnswer = { kind: 'hung' }

/** What the inventory concludes from these answers, and which questions it took. */
async function list(answers: Record<string, SmiAnswer>) {
  const asked: string[] = []
  const inventory = createNvidiaInventory({
    async ask(device) {
      asked.push(device)
      const answer = answers[device]
      if (!answer) throw new Error(`Nobody should ask ${device}.`)
      return answer
    },
  })
  const sight = await inventory.list(known, signal)
  if (sight.kind === 'silent') return { asked, silent: sight.reason }
  const devices = sight.devices.map(({ uuid, fault }) => [uuid, fault])
  return { asked, devices: Object.fromEntries(devices) }
}

describe(createNvidiaInventory, () => {
  test('asks one question while all is well', async () => {
    const all = ended(`${lineOf(0, A)}\n${lineOf(1, B)}\n-----\n`)
    expect(await list({ all })).toEqual({ asked: ['all'], devices: { [A]: null, [B]: null } })
  })

  test.each(['No devices were found', ''])('sees none where there is none (%j)', async (output) => {
    const all: SmiAnswer = output === '' ? { kind: 'no-driver' } : ended(output, 6)
    expect(await list({ all })).toEqual({ asked: ['all'], devices: {} })
  })

  test('distinguishes the device that is lost from the one that works', async () => {
    const lost = 'Unable to determine the device handle for GPU0000:65:00.0: GPU is lost.'
    const seen = await list({
      all: ended(lost, 15),
      [A]: ended(lineOf(0, A)),
      [B]: ended(lost, 15),
    })
    expect(seen.devices).toEqual({ [A]: null, [B]: expect.stringContaining('GPU is lost') })
  })

  test('also where nvidia-smi complains and calls it a success', async () => {
    const lost = 'Unable to determine the device handle for GPU0000:65:00.0: Unknown Error'
    const all = ended(`${lineOf(0, A)}\n${lost}\n`)
    const seen = await list({ all, [B]: ended(lost, 15) })
    expect(seen.asked).toEqual(['all', B])
    expect(seen.devices).toEqual({ [A]: null, [B]: expect.stringContaining('Unknown Error') })
  })

  test('distinguishes the device that hangs from the one that answers', async () => {
    const seen = await list({ all: HUNG, [A]: HUNG, [B]: ended(lineOf(0, B)) })
    expect(seen.devices).toEqual({ [A]: 'nvidia-smi did not answer in time.', [B]: null })
  })

  test('distinguishes the device that cannot be handed out from the others', async () => {
    const refused: SmiAnswer = { kind: 'refused', reason: 'nvidia-container-cli: device error' }
    const seen = await list({ all: refused, [A]: ended(lineOf(0, A)), [B]: refused })
    expect(seen.devices).toEqual({ [A]: null, [B]: expect.stringContaining('device error') })
  })

  test('takes a device that answers that it is not there for gone, not for broken', async () => {
    const gone = ended('No devices were found', 6)
    const seen = await list({ all: HUNG, [A]: ended(lineOf(0, A)), [B]: gone })
    expect(seen.devices).toEqual({ [A]: null })
  })

  test.each([
    ['hangs', HUNG],
    ['prints garbage', ended('<html>502</html>')],
    ['does not fit the driver', ended('Driver/library version mismatch', 18)],
  ])('blames no device where nvidia-smi %s for all of them', async (_what, answer) => {
    const seen = await list({ all: answer, [A]: answer, [B]: answer })
    expect(seen.silent).toContain('cannot be seen')
  })

  test('sees a new device beside a broken one', async () => {
    const all = ended(`${lineOf(1, B)}\n2, GPU-cccccccc-0000, NVIDIA H100, 4\nUnknown Error`, 15)
    const lost = ended('GPU is lost', 15)
    const seen = await list({ all, [A]: lost, [B]: ended(lineOf(0, B)) })
    expect(Object.keys(seen.devices ?? {})).toEqual([A, B, 'GPU-cccccccc-0000'])
  })
})
