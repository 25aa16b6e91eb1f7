import type { DatasetDetail } from '@medforge/contracts'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { formatBytes } from '../../lib/format.ts'

export function DatasetFacts({ dataset }: { dataset: DatasetDetail }) {
  return (
    <Facts>
      <Fact name="Source">
        <Source source={dataset.source} />
      </Fact>
      <Fact name="Licence">{dataset.license}</Fact>
      <Fact name="Size">{dataset.bytes === 0 ? 'not recorded' : formatBytes(dataset.bytes)}</Fact>
      <Fact name="Checksum">
        <span className="break-all font-mono text-xs">{dataset.checksum}</span>
      </Fact>
      <Fact name="Name in the data set root">
        <span className="break-all font-mono text-xs">{dataset.storage_path}</span>
      </Fact>
    </Facts>
  )
}

function Source({ source }: { source: string }) {
  if (!source.startsWith('https://')) return <span className="break-all">{source}</span>
  return (
    <a
      href={source}
      rel="noopener noreferrer"
      target="_blank"
      className="break-all text-accent underline underline-offset-2"
    >
      {source}
    </a>
  )
}
