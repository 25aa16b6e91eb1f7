import { describe, expect, test } from 'vitest'
import { parseInline, parseMarkdown } from './markdown-blocks.ts'

describe(parseMarkdown, () => {
  test('tells headings, paragraphs, lists and code apart', () => {
    const blocks = parseMarkdown(
      '# Goal\nPredict\nsurvival.\n\n- one\n  more\n- two\n\n```\nid,x\n```',
    )
    expect(blocks).toEqual([
      { kind: 'heading', level: 2, content: [{ kind: 'text', text: 'Goal' }] },
      { kind: 'paragraph', content: [{ kind: 'text', text: 'Predict survival.' }] },
      {
        kind: 'list',
        ordered: false,
        items: [[{ kind: 'text', text: 'one more' }], [{ kind: 'text', text: 'two' }]],
      },
      { kind: 'code', text: 'id,x' },
    ])
  })

  test('keeps the numbers of a numbered list out of its items', () => {
    expect(parseMarkdown('1. first\n2. second')).toMatchObject([
      { kind: 'list', ordered: true, items: [[{ text: 'first' }], [{ text: 'second' }]] },
    ])
  })

  test('reads a table, and fills a row that is too short', () => {
    const blocks = parseMarkdown('Columns:\n| A | `b` |\n| --- | :-: |\n| 1 |\nend')
    expect(blocks).toEqual([
      { kind: 'paragraph', content: [{ kind: 'text', text: 'Columns:' }] },
      {
        kind: 'table',
        head: [[{ kind: 'text', text: 'A' }], [{ kind: 'code', text: 'b' }]],
        rows: [[[{ kind: 'text', text: '1' }], []]],
      },
      { kind: 'paragraph', content: [{ kind: 'text', text: 'end' }] },
    ])
  })

  test('leaves a lone pipe as text', () => {
    expect(parseMarkdown('| not a table')).toMatchObject([{ kind: 'paragraph' }])
  })

  test('ends with the text when a code fence is never closed', () => {
    expect(parseMarkdown('```\nabc')).toEqual([{ kind: 'code', text: 'abc' }])
  })
})

describe(parseInline, () => {
  test('takes underscores for emphasis around words, never inside a name', () => {
    expect(parseInline('the _Titanic_ set, map_iou_v2')).toEqual([
      { kind: 'text', text: 'the ' },
      { kind: 'emphasis', text: 'Titanic' },
      { kind: 'text', text: ' set, map_iou_v2' },
    ])
  })

  test('reads code, weight and links', () => {
    expect(
      parseInline('Use `id`, **now**, see [data](https://example.org/a) or [us](/datasets).'),
    ).toEqual([
      { kind: 'text', text: 'Use ' },
      { kind: 'code', text: 'id' },
      { kind: 'text', text: ', ' },
      { kind: 'strong', text: 'now' },
      { kind: 'text', text: ', see ' },
      { kind: 'link', text: 'data', href: 'https://example.org/a' },
      { kind: 'text', text: ' or ' },
      { kind: 'link', text: 'us', href: '/datasets' },
      { kind: 'text', text: '.' },
    ])
  })

  test.each([
    '[x](javascript:alert(1))',
    '[x](//evil.example)',
    '[x](http://plain.example)',
    '<b>x</b>',
  ])('leaves %s as text', (source) =>
    expect(parseInline(source)).toEqual([{ kind: 'text', text: source }]),
  )
})
