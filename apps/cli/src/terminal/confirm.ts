import { createInterface } from 'node:readline/promises'
import { Failure } from '../failure.ts'

/**
 * Ask a person before something is changed; `--yes` answers for scripts.
 *
 * @throws Failure when the answer is no, or when there is nobody to ask
 */
export async function confirm(question: string, isYes: boolean): Promise<void> {
  if (isYes) return
  if (!process.stdin.isTTY) {
    throw new Failure(
      'This needs an answer, and there is no terminal to ask on.',
      'Pass --yes if that is what you want.',
    )
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(`${question} Type yes to go on: `)
  prompt.close()
  if (answer.trim() !== 'yes') throw new Failure('Nothing was changed.', 'Type yes to confirm.')
}
