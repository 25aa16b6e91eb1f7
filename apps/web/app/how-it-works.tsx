import type { GpuMode } from '@medforge/contracts'
import { PageShell } from '../components/ui/page-shell.tsx'

/** @param mode  null where unknown */
export function HowItWorks({ mode }: { mode: GpuMode | null }) {
  const steps = [
    {
      title: 'Launch',
      text: `Your session gets a container and a workspace of its own${withGpu(mode)}. You watch every step until the editor answers.`,
    },
    {
      title: 'Work',
      text: 'VS Code in the browser, with a terminal and Python. It runs until you stop it; then a snapshot keeps your workspace as it was.',
    },
    {
      title: 'Submit',
      text: 'Your CSV is checked before it leaves your machine, scored on hidden data, and your best score stands on the leaderboard.',
    },
  ]
  return (
    <div className="border-line border-y bg-surface">
      <PageShell>
        <h2 className="sr-only">How it works</h2>
        <ol className="grid divide-line max-md:divide-y md:grid-cols-3 md:divide-x">
          {steps.map(({ title, text }, index) => (
            <li key={title} className="py-7 md:px-8 md:py-10 md:first:pl-0 md:last:pr-0">
              <h3 className="flex items-baseline gap-3 text-lg">
                <span aria-hidden="true" className="font-mono font-normal text-accent text-sm">
                  {index + 1}
                </span>
                {title}
              </h3>
              <p className="mt-2 text-ink-muted text-sm">{text}</p>
            </li>
          ))}
        </ol>
      </PageShell>
    </div>
  )
}

function withGpu(mode: GpuMode | null): string {
  if (mode === null) return ''
  return mode === 'simulated' ? ', with one simulated GPU' : ', with one GPU that nobody else uses'
}
