import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findRemedy, parseRunbook, sectionsOf, withPageLinks } from './runbook.ts'

const RUNBOOK = readFileSync(new URL('../../../../docs/runbook.md', import.meta.url), 'utf8')
const ROWS = parseRunbook(RUNBOOK)

describe(parseRunbook, () => {
  test('reads the rows of a table, without its head rule, with bars inside cells', () => {
    const table = '| Symptom | Cause | Remedy |\n| --- | --- | --- |\n| "A." | b | `c \\| d` |\n'
    expect(parseRunbook(table).slice(1)).toEqual([
      { symptom: '"A."', cause: 'b', remedy: '`c | d`' },
    ])
  })

  test('leaves tables of another shape alone', () => {
    expect(parseRunbook('| a | b |\n| a | b | c | d |\n')).toEqual([])
  })
})

describe(findRemedy, () => {
  test.each([
    'The database does not answer in time.',
    'The database cannot be reached.',
    'The state of the platform cannot be read.',
    'The reconciler has not started yet.',
    'The reconciler does not answer.',
    'The host is still being checked.',
    'Docker does not answer.',
    'Docker does not answer as it should.',
    'The storage pool does not answer.',
    'The storage pool is not mounted.',
    'The file systems of the pool do not answer.',
    'The storage of this host is nearly full. Tell the operator, who has to free some.',
    'The sessions network is missing.',
    "Another container has taken the edge's address on the sessions network.",
    'The image of the default pack is not on this host.',
    'The sessions firewall is not in place.',
    'The sessions firewall is in place and lets through what it should not.',
    "The host's table of connections is 93 % full.",
    'The GPUs of this host do not answer.',
    'The GPUs of this host could not be inspected.',
    'Open connections of logins that have ended could not be cut; trying again.',
    'The firewall check failed.',
    'The zfs command does not answer.',
    '2 sessions have not stopped in time; the GPU stays reserved until the container is gone.',
  ])('the runbook says what to do about "%s"', (reason) => {
    expect(findRemedy(ROWS, reason)?.remedy).toMatch(/\w/)
  })

  test('is null for what the runbook does not know', () => {
    expect(findRemedy(ROWS, 'The moon is full.')).toBeNull()
  })
})

describe(sectionsOf, () => {
  test('cuts at headings, not at comments in code, and leaves the title out', () => {
    const text = '# Runbook\nStart.\n## A lost file!\n```\n# zfs list\n```\n'
    expect(sectionsOf(text)).toEqual([
      { id: 'runbook', markdown: 'Start.\n' },
      { id: 'a-lost-file', markdown: '## A lost file!\n```\n# zfs list\n```\n\n' },
    ])
  })

  test('has a section for every link within the runbook', () => {
    const ids = sectionsOf(RUNBOOK).map(({ id }) => id)
    const targets = [...RUNBOOK.matchAll(/\]\(#([^)]*)\)/g)].map(([, id]) => id)
    expect(targets.filter((id) => id !== undefined && !ids.includes(id))).toEqual([])
  })
})

test('links lead to the runbook’s page, and those to other documents to none', () => {
  expect(withPageLinks('[GPUs](#gpus), [0027](decisions/0027-x.md#y), [a](https://b.c/d.md)')).toBe(
    '[GPUs](/admin/runbook#gpus), 0027, [a](https://b.c/d.md)',
  )
})
