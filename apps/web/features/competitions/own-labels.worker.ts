import type { SubmissionShape } from '@medforge/contracts'
import { type OwnScore, scoreOwnLabels, specOfShape } from '@medforge/scoring'

export type OwnLabelsRequest = { shape: SubmissionShape; labels: Blob; predictions: Blob }

/** Scores in a thread of its own, so that the page stays alive; asks for nothing over the network. */
self.onmessage = async ({ data }: MessageEvent<OwnLabelsRequest>) => {
  const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer())
  const [labels, predictions] = await Promise.all([bytesOf(data.labels), bytesOf(data.predictions)])
  const outcome: OwnScore = scoreOwnLabels(specOfShape(data.shape), labels, predictions)
  self.postMessage(outcome)
}
