import type { Progress } from './progress.ts'

/** What a step has to say when it is done, and what later steps need from it. */
export type StepResult<Value> = { summary: string; value: Value }

export type StepRunner = <Value>(
  title: string,
  work: () => Promise<StepResult<Value>>,
) => Promise<Value>

/**
 * Run named steps one after another, each shown as it begins and ends. Every step of `up` looks before it acts, so that
 * running all of them again after a kill anywhere goes on from there.
 */
export function createStepRunner(progress: Progress): StepRunner {
  return async (title, work) => {
    progress.begin(title)
    const { summary, value } = await work()
    progress.end(summary)
    return value
  }
}
