import { Link } from '../components/link.tsx'

export function SiteFooter({ apiUrl }: { apiUrl: string }) {
  return (
    <footer className="border-line border-t">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-x-8 gap-y-3 px-4 py-6 text-ink-muted text-sm sm:px-6">
        <p>MedForge runs on this host. Your work stays here.</p>
        <nav aria-label="Footer" className="flex gap-5">
          <Link href="/datasets" className="hover:text-ink hover:underline">
            Data sets
          </Link>
          <a href={`${apiUrl}/docs`} className="hover:text-ink hover:underline">
            API reference
          </a>
        </nav>
      </div>
    </footer>
  )
}
