import type { CompetitionDetail } from '@medforge/contracts'
import { Notice } from '../../components/ui/notice.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'

/** Why everybody's scores changed at once, in the organiser's words. */
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
