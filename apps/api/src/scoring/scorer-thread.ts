import { parentPort, workerData } from 'node:worker_threads'
import { type ComputeOptions, createComputer } from './compute.ts'
import type { ScoringJob } from './job.ts'

/** The inside of a scorer's thread: a job comes in, its outcome goes out. Whatever a file does to it, only this thread ends. */

if (!parentPort) throw new Error('This file is the inside of a thread.')
const port = parentPort
const computer = createComputer(workerData as ComputeOptions)
port.on('message', async (job: ScoringJob) => {
  port.postMessage(await computer.compute(job))
})
