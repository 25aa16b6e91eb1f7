import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { GENERATED_FILES } from './generated-files.ts'
import { renderCompose } from './render.ts'

describe.each(
  GENERATED_FILES.map((file) => ({ ...file, name: file.url.pathname.split('/').at(-1) })),
)('the generated file $name', ({ url, render }) => {
  const committed = readFileSync(url, 'utf8')

  test('is what `npm run generate` writes', () => {
    expect(render(committed)).toBe(committed)
  })
})

test.each(GENERATED_FILES.filter(({ url }) => !url.pathname.endsWith('.yml')))(
  'no line of $url.pathname is longer than 120 columns',
  ({ render }) => {
    const lines = render('').split('\n')
    expect(lines.filter((line) => line.length > 120)).toEqual([])
  },
)

describe(renderCompose, () => {
  const file = ['db', 'api', 'api-worker', 'web', 'caddy']
    .map(
      (service) =>
        `  ${service}:\n    image: x\n    environment:\n      OLD: "1"\n    init: true\n`,
    )
    .join('')

  test('replaces what stood in an environment, and nothing beside it', () => {
    const rendered = renderCompose(file)
    expect(rendered).not.toContain('OLD')
    expect(rendered.match(/^ {4}init: true$/gm)).toHaveLength(5)
    expect(rendered.replace(/^ {6}.*\n/gm, '')).toBe(file.replaceAll('      OLD: "1"\n', ''))
  })

  test('refuses a file in which a service has no environment, rather than leaving its settings out', () => {
    expect(() => renderCompose('  api:\n    image: x\n')).toThrow('no environment')
  })
})
