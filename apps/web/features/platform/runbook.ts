/** A row of the runbook's tables of symptoms; cells are Markdown. */
export type RunbookRow = { symptom: string; cause: string; remedy: string }

/** The rows of every table with a symptom, its cause and a remedy. */
export function parseRunbook(markdown: string): RunbookRow[] {
  return markdown.split('\n').flatMap((line) => {
    const [before, symptom, cause, remedy, after] = cellsOf(line)
    const isRow = before === '' && after === '' && remedy !== undefined
    return isRow && symptom && cause !== undefined && !/^-+$/.test(symptom)
      ? [{ symptom, cause, remedy }]
      : []
  })
}

/** A bar inside a cell is written `\|`. */
function cellsOf(line: string): string[] {
  return line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/**
 * The row whose symptom quotes this reason of a degraded platform. `…` in a quotation stands for any text.
 *
 * @returns null where the runbook does not know it
 */
export function findRemedy<Row extends Pick<RunbookRow, 'symptom'>>(
  rows: readonly Row[],
  reason: string,
): Row | null {
  return rows.find(({ symptom }) => quotationsOf(symptom).some((one) => one.test(reason))) ?? null
}

function quotationsOf(symptom: string): RegExp[] {
  return [...symptom.matchAll(/"([^"]+)"/g)].map(([, text = '']) => {
    const parts = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}`)
  })
}

export type RunbookSection = { id: string; markdown: string }

/** The runbook cut at its headings, each with the name by which links lead to it. The title of the whole is left out. */
export function sectionsOf(markdown: string): RunbookSection[] {
  const sections: RunbookSection[] = []
  let isCode = false
  for (const line of markdown.split('\n')) {
    if (line.trimStart().startsWith('```')) isCode = !isCode
    const [, title] = (isCode ? null : /^#{1,6} (.*)/.exec(line)) ?? []
    if (title !== undefined || sections.length === 0) {
      sections.push({ id: anchorOf(title ?? ''), markdown: '' })
      if (sections.length === 1 && title !== undefined) continue
    }
    const section = sections.at(-1)
    if (section) section.markdown += `${line}\n`
  }
  return sections
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

/** Links to sections lead to the runbook's page; those to other documents lose their address, which no page has. */
export function withPageLinks(markdown: string): string {
  return markdown
    .replace(/\]\(#([^)]*)\)/g, '](/admin/runbook#$1)')
    .replace(/\[([^\]]*)\]\((?!https?:)[^)]*\.md[^)]*\)/g, '$1')
}
