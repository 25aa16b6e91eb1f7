import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A device as the stand-in shows it. `lost`, `hang`: how it answers; the others are in order. */
export type StandInDevice = {
  uuid: string
  state?: 'ok' | 'lost' | 'hang' | 'unreadable'
  memoryUsedMib?: number
  pids?: number[]
}

// Speaks as nvidia-smi does, from the file beside it; a line is `uuid|state|memory|pid pid…`.
const PROGRAM = `#!/bin/sh
here=\${0%/*}
. "$here/nvidia-smi.mode"
case $mode in
  hang) while :; do sleep 1; done ;;
  garbage) echo '<html><body>502 Bad Gateway</body></html>'; exit 0 ;;
  mismatch) echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18 ;;
esac
id=all
query=none
for argument; do
  case $argument in
    --id=*) id=\${argument#--id=} ;;
    --query-gpu=index,uuid,name,memory.used) query=gpu ;;
    --query-compute-apps=gpu_uuid,pid,used_gpu_memory) query=apps ;;
    --format=csv,noheader,nounits) ;;
    *) echo "Option $argument is not recognized."; exit 2 ;;
  esac
done
index=0
found=0
code=0
while IFS='|' read -r uuid state memory pids; do
  if [ "$id" = all ] || [ "$id" = "$uuid" ]; then
    found=1
    case $state in
      hang) while :; do sleep 1; done ;;
      lost)
        echo "Unable to determine the device handle for GPU0000:65:00.0: GPU is lost.  Reboot the system to recover this GPU"
        exit 15 ;;
      unreadable) memory='[Unknown Error]' ;;
    esac
    if [ "$query" = gpu ]; then echo "$index, $uuid, NVIDIA H100 80GB HBM3, $memory"; fi
    if [ "$query" = apps ]; then for pid in $pids; do echo "$uuid, $pid, 6004"; done; fi
  fi
  index=$((index + 1))
done <"$here/nvidia-smi.devices"
if [ "$found" = 0 ]; then echo 'No devices were found'; exit 6; fi
exit $code
`

export type StandInSmi = Disposable & {
  /** A folder with \`nvidia-smi\` in it, for PATH. */
  folder: string
  show(devices: readonly StandInDevice[]): void
  /** Fail as a whole, whatever the devices. */
  fail(mode: 'hang' | 'garbage' | 'mismatch' | 'none'): void
}

export function createStandInSmi(): StandInSmi {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-smi-'))
  writeFileSync(join(folder, 'nvidia-smi'), PROGRAM, { mode: 0o755 })
  const standIn: StandInSmi = {
    folder,
    show(devices) {
      const lines = devices.map(({ uuid, state = 'ok', memoryUsedMib = 4, pids = [] }) =>
        [uuid, state, memoryUsedMib, pids.join(' ')].join('|'),
      )
      writeFileSync(join(folder, 'nvidia-smi.devices'), lines.map((line) => `${line}\n`).join(''))
    },
    fail: (mode) => writeFileSync(join(folder, 'nvidia-smi.mode'), `mode=${mode}\n`),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
  standIn.show([])
  standIn.fail('none')
  return standIn
}
