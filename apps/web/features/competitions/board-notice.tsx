import type { CompetitionDetail } from '@medforge/contracts'
import { Notice } from '../../components/ui/notice.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'

/** The operator's reason for the last re-score. */
export function BoardNotice({ notice }: { notice: NonNullable<CompetitionDetail['notice']> }) {
  return (
    <Notice tone="info" title="Everything was scored again">
      <p>{notice.text}</p>
      <p>
        <TimeAgo at={notice.at} />
      </p>
    </Notice>
  )
}
