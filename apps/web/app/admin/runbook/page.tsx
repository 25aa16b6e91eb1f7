import type { Metadata } from 'next'
import { Markdown } from '../../../components/ui/markdown.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { readRunbook } from '../../../features/platform/read-runbook.ts'
import { sectionsOf, withPageLinks } from '../../../features/platform/runbook.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Runbook' }

export default async function RunbookPage() {
  const runbook = await readRunbook()
  return (
    <AdminPage path="/admin/runbook">
      {runbook === null ? (
        <Notice tone="warn" title="The runbook is not here">
          <p>This server was built without it. It is docs/runbook.md of the repository.</p>
        </Notice>
      ) : (
        sectionsOf(runbook).map(({ id, markdown }) => (
          <section key={id} id={id}>
            <Markdown source={withPageLinks(markdown)} />
          </section>
        ))
      )}
    </AdminPage>
  )
}
