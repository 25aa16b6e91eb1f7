import { Markdown } from '../../components/ui/markdown.tsx'
import type { Remedy } from './admin-health.tsx'
import { readRunbook } from './read-runbook.ts'
import { parseRunbook, withPageLinks } from './runbook.ts'

/** What the runbook advises, rendered here so that browsers need no parser. */
export async function readRemedies(): Promise<Remedy[]> {
  const runbook = await readRunbook()
  if (runbook === null) return []
  return parseRunbook(runbook).map(({ symptom, cause, remedy }) => ({
    symptom,
    advice: (
      <>
        <p className="font-semibold">Behind it</p>
        <Markdown source={withPageLinks(cause)} />
        <p className="font-semibold">What to do</p>
        <Markdown source={withPageLinks(remedy)} />
      </>
    ),
  }))
}
