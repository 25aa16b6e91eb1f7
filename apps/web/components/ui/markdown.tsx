import { classNames } from './class-names.ts'
import { type Block, type Inline, parseMarkdown } from './markdown-blocks.ts'

/** Text from a competition's bundle. It is rendered as elements, never as HTML. */
export function Markdown({ source, className }: { source: string; className?: string }) {
  return (
    <div className={classNames('space-y-4 text-ink', className)}>
      {parseMarkdown(source).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so a block is its position
        <BlockView key={index} block={block} />
      ))}
    </div>
  )
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return block.level === 2 ? (
        <h2 className="pt-4 text-xl">
          <Inlines content={block.content} />
        </h2>
      ) : (
        <h3 className="pt-2 text-lg">
          <Inlines content={block.content} />
        </h3>
      )
    case 'paragraph':
      return (
        <p>
          <Inlines content={block.content} />
        </p>
      )
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        <pre tabIndex={0} className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-sm">
          {block.text}
        </pre>
      )
    case 'table':
      return <TableView block={block} />
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul'
      return (
        <List
          className={classNames(
            'space-y-1.5 pl-5 marker:text-ink-faint',
            block.ordered ? 'list-decimal' : 'list-disc',
          )}
        >
          {block.items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so an item is its position
            <li key={index}>
              <Inlines content={item} />
            </li>
          ))}
        </List>
      )
    }
  }
}

function TableView({ block }: { block: Extract<Block, { kind: 'table' }> }) {
  const cell = 'border-line border-b px-3 py-2 text-left align-top first:pl-0'
  return (
    <div className="overflow-x-auto">
      <table className="border-collapse text-sm">
        <thead>
          <tr>
            {block.head.map((content, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so a column is its position
              <th key={index} scope="col" className={classNames(cell, 'font-semibold')}>
                <Inlines content={content} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so a row is its position
            <tr key={index}>
              {row.map((content, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so a cell is its position
                <td key={column} className={cell}>
                  <Inlines content={content} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Inlines({ content }: { content: Inline[] }) {
  return content.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the text is fixed, so a part is its position
    <InlineView key={index} part={part} />
  ))
}

function InlineView({ part }: { part: Inline }) {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'strong':
      return <strong className="font-semibold">{part.text}</strong>
    case 'emphasis':
      return <em>{part.text}</em>
    case 'code':
      return (
        <code className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-[0.9em]">{part.text}</code>
      )
    case 'link':
      return (
        <a
          href={part.href}
          className="text-accent underline underline-offset-2 hover:text-accent-strong"
        >
          {part.text}
        </a>
      )
  }
}
