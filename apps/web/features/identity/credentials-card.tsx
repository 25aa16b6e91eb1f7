import type { ReactNode } from 'react'
import { Card, CardBody } from '../../components/ui/card.tsx'
import { PageShell } from '../../components/ui/page-shell.tsx'

type CredentialsCardProps = { title: string; lead: string; children: ReactNode; footer: ReactNode }

export function CredentialsCard({ title, lead, children, footer }: CredentialsCardProps) {
  return (
    <PageShell width="form" className="py-10 sm:py-16">
      <Card>
        <CardBody className="space-y-6 p-6 sm:p-8">
          <div className="space-y-2">
            <h1 className="text-2xl">{title}</h1>
            <p className="text-ink-muted text-sm">{lead}</p>
          </div>
          {children}
        </CardBody>
      </Card>
      <p className="mt-5 text-center text-ink-muted text-sm">{footer}</p>
    </PageShell>
  )
}
