'use client'

import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { plural } from '../../lib/format.ts'
import { probingQuery } from './admin-queries.ts'

/** Who may be asking the holdout about single labels. */
export function ProbingCard({ slug }: { slug: string }) {
  const query = useQuery(probingQuery(useApi(), slug))
  const report = query.data
  const submissionsOf = (email: string) =>
    `/admin/submissions?competition=${slug}&q=${encodeURIComponent(email)}`
  return (
    <Card aria-labelledby="probing">
      <CardHeader title="Probing flags" id="probing" aside="hints, not verdicts" />
      <ErrorNotice error={query.error} className="m-5" />
      {report && report.people.length === 0 && report.shared_files.length === 0 ? (
        <EmptyState title="Nobody is flagged">
          <p>
            A file is flagged that differs in at most {report.near_rows_max} ids from an earlier one
            of the same person: its score tells about single labels.
          </p>
        </EmptyState>
      ) : null}
      <RowList label="People with flagged files">
        {report?.people.map((person) => (
          <Row
            key={person.user_id}
            title={<TextLink href={submissionsOf(person.email)}>{person.email}</TextLink>}
            facts={
              <>
                {plural(person.flagged, 'flagged file')}, {person.longest_chain} in a row at most,{' '}
                {plural(person.changed_rows, 'id')} changed in all; last{' '}
                <TimeAgo at={person.last_at} />
              </>
            }
          />
        ))}
      </RowList>
      {report && report.shared_files.length > 0 ? (
        <>
          <p className="border-line border-y bg-sunken px-5 py-2.5 font-semibold text-sm">
            The same file from several accounts ({report.shared_files_total})
          </p>
          <RowList label="Files of several accounts">
            {report.shared_files.map((file) => (
              <Row
                key={file.sha256}
                title={plural(file.accounts, 'account')}
                facts={file.people.map(({ email }) => email).join(', ')}
                notes={<p className="break-all font-mono text-ink-muted text-xs">{file.sha256}</p>}
              />
            ))}
          </RowList>
        </>
      ) : null}
    </Card>
  )
}
