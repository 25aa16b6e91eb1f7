import { plural } from '../../lib/format.ts'

const SHOWN = 8

/** The first few faults of a file; the others are folded away. */
export function FaultList({ messages, total }: { messages: readonly string[]; total: number }) {
  const rest = messages.slice(SHOWN)
  return (
    <div className="space-y-2">
      <Messages messages={messages.slice(0, SHOWN)} />
      {rest.length > 0 ? (
        <details>
          <summary className="cursor-pointer font-semibold">
            {plural(rest.length, 'more fault')}
          </summary>
          <div className="mt-2">
            <Messages messages={rest} />
          </div>
        </details>
      ) : null}
      {total > messages.length ? <p>{plural(total, 'fault')} in all.</p> : null}
    </div>
  )
}

function Messages({ messages }: { messages: readonly string[] }) {
  return (
    <ul className="list-disc space-y-1 pl-4 marker:text-ink-faint">
      {messages.map((message) => (
        <li key={message} className="break-words">
          {message}
        </li>
      ))}
    </ul>
  )
}
