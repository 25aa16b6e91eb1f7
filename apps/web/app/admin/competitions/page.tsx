import type { Metadata } from 'next'
import { LoadFailure } from '../../../components/load-failure.tsx'
import { Card, CardHeader } from '../../../components/ui/card.tsx'
import { Row, RowList } from '../../../components/ui/row-list.tsx'
import { TextLink } from '../../../components/ui/text-link.tsx'
import { metricLabel } from '../../../features/competitions/metric-label.ts'
import { attempt } from '../../../lib/api/attempt.ts'
import { serverClient } from '../../../lib/api/server.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Competitions' }

export default async function AdminCompetitionsPage() {
  const client = await serverClient()
  const competitions = await attempt(() => client.listCompetitions({ limit: 500 }))
  return (
    <AdminPage path="/admin/competitions">
      {competitions.ok ? (
        <Card aria-labelledby="competitions">
          <CardHeader title="Competitions" id="competitions" />
          <RowList label="Competitions">
            {competitions.value.items.map(({ slug, title, metric, submission_cap_per_day }) => (
              <Row
                key={slug}
                title={<TextLink href={`/admin/competitions/${slug}`}>{title}</TextLink>}
                facts={`${metricLabel(metric).name}, ${submission_cap_per_day} submissions a day`}
              />
            ))}
          </RowList>
        </Card>
      ) : (
        <LoadFailure failure={competitions.failure} />
      )}
    </AdminPage>
  )
}
