import { Markdown } from '../../../../components/ui/markdown.tsx'
import { readCompetition } from '../../../../features/competitions/read.ts'

type RulesPageProps = { params: Promise<{ slug: string }> }

export default async function RulesPage({ params }: RulesPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  return (
    <section aria-label="Rules" className="max-w-3xl">
      <Markdown source={read.value.rules} />
    </section>
  )
}
