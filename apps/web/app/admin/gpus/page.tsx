import type { Metadata } from 'next'
import { AdminGpus } from '../../../features/sessions/admin-gpus.tsx'
import { adminGpusQuery } from '../../../features/sessions/admin-queries.ts'
import { attempt } from '../../../lib/api/attempt.ts'
import { serverClient } from '../../../lib/api/server.ts'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'GPUs' }

export default async function AdminGpusPage() {
  const client = await serverClient()
  const status = await attempt(() => client.status())
  return (
    <AdminPage
      path="/admin/gpus"
      read={(cache, reader) => cache.prefetchQuery(adminGpusQuery(reader))}
    >
      <AdminGpus mode={status.ok ? status.value.gpus.mode : 'nvidia'} />
    </AdminPage>
  )
}
