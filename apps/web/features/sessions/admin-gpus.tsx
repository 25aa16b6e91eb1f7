'use client'

import { type AdminGpu, GPU_REASON_MAX, type GpuMode } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { gpuName } from '../../lib/gpu.ts'
import { adminGpusQuery } from './admin-queries.ts'
import { gpuNotes, gpuState } from './gpu-state.ts'
import { StatusBadge } from './status-badge.tsx'

/** Every GPU: who holds it since when, whether it is used, and whether sessions may have it. */
export function AdminGpus({ mode }: { mode: GpuMode }) {
  const query = useQuery(adminGpusQuery(useApi()))
  const gpus = query.data ?? []
  return (
    <Card aria-labelledby="gpus">
      <CardHeader title="GPUs" id="gpus" aside={`${gpus.filter(isFree).length} free`} />
      <ErrorNotice error={query.error} className="m-5" />
      {query.isSuccess && gpus.length === 0 ? (
        <EmptyState title="This host has reported no GPU">
          <p>The reconciler looks for them every few seconds.</p>
        </EmptyState>
      ) : null}
      <RowList label="GPUs">
        {gpus.map((gpu) => (
          <GpuRow key={gpu.id} gpu={gpu} mode={mode} />
        ))}
      </RowList>
    </Card>
  )
}

const isFree = (gpu: AdminGpu) => gpuState(gpu).text === 'Free'

function GpuRow({ gpu, mode }: { gpu: AdminGpu; mode: GpuMode }) {
  const client = useApi()
  const { tone, text } = gpuState(gpu)
  const name = gpuName(gpu.id, mode)
  const isOffered = gpu.is_enabled && gpu.quarantine !== 'fault'
  return (
    <Row
      title={
        <>
          <span>{name}</span>
          <Badge tone={tone}>{text}</Badge>
          {gpu.session && !gpu.is_enabled ? <Badge>Disabled</Badge> : null}
          {gpu.session && gpu.quarantine ? <Badge tone="bad">Quarantine</Badge> : null}
        </>
      }
      facts={gpu.model}
      notes={
        <>
          {gpu.session ? <Holder session={gpu.session} /> : null}
          {gpuNotes(gpu).map((note) => (
            <p key={note}>{note}</p>
          ))}
        </>
      }
      actions={
        isOffered ? (
          <ChangeButton
            label="Disable"
            name={`Disable ${name}`}
            title={`Disable ${name}?`}
            confirmLabel="Disable it"
            reason={{
              label: 'Why (optional)',
              hint: 'Shown here and in the audit log.',
              minLength: 0,
              maxLength: GPU_REASON_MAX,
            }}
            change={(reason) =>
              client.admin.changeGpu(gpu.id, { is_enabled: false, ...(reason ? { reason } : {}) })
            }
          >
            <p>
              No further session gets it until it is enabled again.{' '}
              {gpu.session ? 'The session that holds it now goes on.' : null}
            </p>
          </ChangeButton>
        ) : (
          <ChangeButton
            label="Enable"
            name={`Enable ${name}`}
            title={`Enable ${name}?`}
            confirmLabel="Enable it"
            change={() => client.admin.changeGpu(gpu.id, { is_enabled: true })}
          >
            <p>
              Sessions get it again
              {gpu.quarantine === 'fault'
                ? ', once the device answers: it is asked within seconds. Enable it only after you have seen to the fault.'
                : '.'}
            </p>
          </ChangeButton>
        )
      }
    />
  )
}

function Holder({ session }: { session: NonNullable<AdminGpu['session']> }) {
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        Held by <TextLink href={`/admin/users?q=${session.user_id}`}>{session.user_email}</TextLink>
        launched <TimeAgo at={session.created_at} />
        <TextLink href={`/sessions/${session.id}`} className="font-mono">
          {session.slug}
        </TextLink>
        <StatusBadge status={session.status} />
      </p>
      <p className="text-ink-muted">
        {session.last_entered_at ? (
          <>
            Its IDE was last opened or loaded <TimeAgo at={session.last_entered_at} />. A page that
            stays open works on without asking.
          </>
        ) : (
          'Nobody has opened its IDE in a browser yet.'
        )}
      </p>
    </>
  )
}
