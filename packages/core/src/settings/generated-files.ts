import { renderCompose, renderEnvExample, renderReference } from './render.ts'

const repositoryFile = (path: string) => new URL(`../../../../${path}`, import.meta.url)

/** The committed files that follow from the table of settings; `render` gets what the file holds now. */
export const GENERATED_FILES: readonly { url: URL; render(before: string): string }[] = [
  { url: repositoryFile('deploy/compose/.env.example'), render: renderEnvExample },
  { url: repositoryFile('deploy/compose/docker-compose.yml'), render: renderCompose },
  { url: repositoryFile('docs/configuration.md'), render: renderReference },
]
