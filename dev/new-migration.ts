import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../packages/db/src/migrations', import.meta.url))

const TEMPLATE = `import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`
    ALTER TABLE name ADD COLUMN IF NOT EXISTS note VARCHAR(200) NULL
  \`.execute(db)
}
`

/**
 * Make an example step with the next number of the day and list it in `index.ts`.
 *
 * @param slug  lower case with dashes, such as `submissions-note`
 * @returns the step's name
 * @throws Error for a name that files of this folder cannot have
 */
export function newMigration(slug: string, today: Date, folder = FOLDER): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug)) {
    throw new Error('Name the step in lower case with dashes: npm run db:new -- submissions-note')
  }
  const day = today.toISOString().slice(0, 10).replaceAll('-', '')
  const numbers = readdirSync(folder).flatMap((name) =>
    name.startsWith(`${day}-`) ? [Number(name.slice(9, 11))] : [],
  )
  const number = String(Math.max(0, ...numbers) + 1).padStart(2, '0')
  const name = `${day}-${number}-${slug}`
  writeFileSync(join(folder, `${name}.ts`), TEMPLATE, { flag: 'wx' })
  const index = join(folder, 'index.ts')
  writeFileSync(index, list(readFileSync(index, 'utf8'), name, slug))
  return name
}

function list(index: string, name: string, slug: string): string {
  const alias = slug.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return index
    .replace(/\n\n\/\*\*/, `\nimport * as ${alias} from './${name}.ts'\n\n/**`)
    .replace(/\n\}\n$/, `\n  '${name}': ${alias},\n}\n`)
}

if (import.meta.main) {
  process.stdout.write(`${newMigration(process.argv[2] ?? '', new Date())}\n`)
}
