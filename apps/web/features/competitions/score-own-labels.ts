import type { OwnScore } from '@medforge/scoring'
import type { OwnLabelsRequest } from './own-labels.worker.ts'

/** @throws Error where the browser gives no worker, or a file could not be read */
export async function scoreInWorker(request: OwnLabelsRequest): Promise<OwnScore> {
  const worker = new Worker(new URL('./own-labels.worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<OwnScore>) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(request)
    })
  } finally {
    worker.terminate()
  }
}
