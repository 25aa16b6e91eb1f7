import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { Markdown } from './markdown.tsx'

/** The elements without their classes. */
function render(source: string): string {
  return renderToStaticMarkup(<Markdown source={source} />)
    .replaceAll(/ class="[^"]*"/g, '')
    .replaceAll('\n', ' ')
    .replaceAll(/> </g, '><')
    .replace(/^<div>(.*)<\/div>$/, '$1')
}

describe(Markdown, () => {
  test('renders headings, paragraphs, lists and code blocks', () => {
    expect(render('# Goal\nPredict\nsurvival.\n\n- one\n  more\n- two\n\n```\nid,x\n```')).toBe(
      '<h2>Goal</h2><p>Predict survival.</p><ul><li>one more</li><li>two</li></ul><pre tabindex="0"><code>id,x </code></pre>',
    )
  })

  test('keeps headings below those of the page: two levels, whatever the text has', () => {
    expect(render('# a\n## b\n### c\n#### d\n##### e\n###### f')).toBe(
      '<h2>a</h2><h2>b</h2><h3>c</h3><h3>d</h3><h3>e</h3><h3>f</h3>',
    )
  })

  test('keeps the numbers of a numbered list out of its items', () => {
    expect(render('1. first\n2. second')).toBe('<ol><li>first</li><li>second</li></ol>')
  })

  test('renders a table, and fills a row that is too short', () => {
    expect(render('Columns:\n\n| A | `b` |\n| --- | :-: |\n| 1 |\n\nend')).toBe(
      '<p>Columns:</p><div tabindex="0"><table><thead><tr><th scope="col">A</th><th scope="col"><code>b</code></th></tr></thead><tbody><tr><td>1</td><td></td></tr></tbody></table></div><p>end</p>',
    )
  })

  test('leaves a lone pipe as text', () => {
    expect(render('| not a table')).toBe('<p>| not a table</p>')
  })

  test('ends with the text when a code fence is never closed', () => {
    expect(render('```\nabc')).toBe('<pre tabindex="0"><code>abc </code></pre>')
  })

  test('takes underscores for emphasis around words, never inside a name', () => {
    expect(render('the _Titanic_ set, map_iou_v2')).toBe(
      '<p>the <em>Titanic</em> set, map_iou_v2</p>',
    )
  })

  test('renders code, weight and links', () => {
    expect(render('Use `id`, **now**, see [data](https://example.org/a) or [us](/datasets).')).toBe(
      '<p>Use <code>id</code>, <strong>now</strong>, see <a href="https://example.org/a">data</a> or <a href="/datasets">us</a>.</p>',
    )
  })

  test.each([
    '[x](javascript:alert(1))',
    '[x](data:text/html,x)',
    '[x](//evil.example)',
    '[x](http://plain.example)',
    '[x](mailto:a@b.example)',
    '[x](relative)',
    'http://plain.example',
    'www.plain.example',
    '![x](https://tracker.example/pixel.png)',
  ])('leaves %s as text', (source) => expect(render(source)).toBe(`<p>${source}</p>`))

  test('keeps a backslash from leading to another host', () => {
    expect(render('[x](/\\evil.example)')).toBe('<p><a href="/%5Cevil.example">x</a></p>')
  })

  test.each(['<b>x</b>', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>'])(
    'shows %s as text instead of rendering it',
    (source) => {
      const shown = source.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      expect(render(source).replace(/^<p>(.*)<\/p>$/, '$1')).toBe(shown)
    },
  )
})
