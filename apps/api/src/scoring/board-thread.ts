import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { type ComputeOptions, createComputer } from './compute.ts'
import type { BoardJob } from './job.ts'

/** The inside of the thread that computes for boards: as a scorer's, at the lowest priority, so that no score waits for it. */

if (!parentPort) throw new Error('This file is the inside of a thread.')
const port = parentPort
// On Linux 0 is the calling thread alone; the scorers keep theirs.
setPriority(0, constants.priority.PRIORITY_LOW)
const computer = createComputer(workerData as ComputeOptions)
port.on('message', async (job: BoardJob) => {
  port.postMessage(await computer.computeForBoard(job))
})
