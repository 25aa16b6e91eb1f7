'use client'

import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { versionsQuery } from './admin-queries.ts'

/** What runs here, and what every score can be traced to. */
export function VersionsCard() {
  const query = useQuery(versionsQuery(useApi()))
  const versions = query.data
  return (
    <>
      <ErrorNotice error={query.error} />
      {versions ? (
        <>
          <Card aria-labelledby="versions">
            <CardHeader title="Versions" id="versions" />
            <CardBody>
              <Facts>
                <Fact name="API">{versions.api}</Fact>
                <Fact name="Scorer">{versions.scorer}</Fact>
                <Fact name="Database">{versions.database}</Fact>
                <Fact name="Newest migration">
                  <span className="break-all font-mono text-xs">{versions.migration}</span>
                </Fact>
                <Fact name="Node">{versions.node}</Fact>
              </Facts>
            </CardBody>
          </Card>
          <Card aria-labelledby="evidence">
            <CardHeader title="What competitions are scored with" id="evidence" />
            <RowList label="What competitions are scored with">
              {versions.competitions.map((competition) => (
                <Row
                  key={competition.slug}
                  title={
                    <>
                      <TextLink href={`/admin/competitions/${competition.slug}`}>
                        {competition.slug}
                      </TextLink>
                      {competition.holdout_kind === 'demo' ? (
                        <Badge tone="warn">Demo holdout</Badge>
                      ) : null}
                      {competition.is_imported ? <Badge>Imported</Badge> : null}
                    </>
                  }
                  facts={`${competition.metric_version}, split ${competition.evaluation_split_version}`}
                  notes={
                    <p className="break-all text-ink-muted text-xs">
                      Manifest <code className="font-mono">{competition.manifest_sha256}</code>
                    </p>
                  }
                />
              ))}
            </RowList>
          </Card>
        </>
      ) : null}
    </>
  )
}
