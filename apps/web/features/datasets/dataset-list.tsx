import type { DatasetSummary } from '@medforge/contracts'
import { Card } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'

export function DatasetList({ datasets }: { datasets: readonly DatasetSummary[] }) {
  return (
    <Card aria-label="Data sets">
      {datasets.length === 0 ? (
        <EmptyState title="No data sets yet">
          <p>They are added together with a competition.</p>
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {datasets.map(({ slug, title, source }) => (
            <li
              key={slug}
              className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1 px-5 py-4"
            >
              <TextLink href={`/datasets/${slug}`}>{title}</TextLink>
              <span className="min-w-0 break-all text-ink-muted text-sm">{source}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
