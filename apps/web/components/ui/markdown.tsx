import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { classNames } from './class-names.ts'

/** Text from a competition's bundle. For server components, so that browsers need no parser; HTML in it is shown as text. */
export function Markdown({ source, className }: { source: string; className?: string }) {
  return (
    <div className={classNames('space-y-4 text-ink', className)}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        urlTransform={(url) => (SAFE_TARGET.test(url) ? url : null)}
        components={{ ...COMPONENTS, ...linksIn(source) }}
      >
        {source}
      </ReactMarkdown>
    </div>
  )
}

const SAFE_TARGET = /^(?:https:\/\/|\/(?!\/))/

/** Links lead to https addresses or to pages of this site; any other, and an image, stays as it was written. */
function linksIn(source: string): Components {
  const asWritten = (node: ExtraProps['node']) =>
    node?.position && source.slice(node.position.start.offset, node.position.end.offset)
  return {
    a: ({ node, href, children }) =>
      href ? (
        <a
          href={href}
          className="text-accent underline underline-offset-2 hover:text-accent-strong"
        >
          {children}
        </a>
      ) : (
        (asWritten(node) ?? children)
      ),
    img: ({ node }) => asWritten(node),
  }
}

const H2: Components['h2'] = ({ children }) => <h2 className="pt-4 text-xl">{children}</h2>
const H3: Components['h3'] = ({ children }) => <h3 className="pt-2 text-lg">{children}</h3>
const LIST = 'space-y-1.5 pl-5 marker:text-ink-faint'
const CELL = 'border-line border-b px-3 py-2 text-left align-top first:pl-0'

const COMPONENTS: Components = {
  h1: H2,
  h2: H2,
  h3: H3,
  h4: H3,
  h5: H3,
  h6: H3,
  ul: ({ children }) => <ul className={`list-disc ${LIST}`}>{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className={`list-decimal ${LIST}`}>
      {children}
    </ol>
  ),
  strong: ({ children }) => <strong className="font-semibold">{children}</strong>,
  code: ({ children }) => (
    <code className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-[0.9em]">{children}</code>
  ),
  pre: ({ children }) => (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-sm [&>code]:p-0 [&>code]:text-[1em]"
    >
      {children}
    </pre>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0}>
      <table className="border-collapse text-sm">{children}</table>
    </div>
  ),
  th: ({ children }) => (
    <th scope="col" className={`${CELL} font-semibold`}>
      {children}
    </th>
  ),
  td: ({ children }) => <td className={CELL}>{children}</td>,
}
