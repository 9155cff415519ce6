import type { MessageError } from '@shared/model/message'
import { visible } from '@shared/payload/visible'
import { useMemo } from 'react'
import { EmptyState } from '../../design/empty-state'
import { plural } from '../../design/number-format'
import { sortStack } from './stack-frames'

export function ErrorTab({ error }: { readonly error: MessageError | null }) {
  const stack = useMemo(() => (error?.stack ? sortStack(error.stack) : null), [error])
  if (!error)
    return <EmptyState title="No error">No attempt of this message has failed, as far as is known.</EmptyState>
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Error"
      className="min-h-0 flex-1 overflow-auto px-4 py-3"
    >
      <p className="font-semibold text-red">{visible(error.name)}</p>
      <p className="mt-1 whitespace-pre-wrap break-words">{error.message.split('\n').map(visible).join('\n')}</p>
      {stack && stack.own.length > 0 && (
        <>
          <h3 className="mt-4 mb-1 text-12 text-muted">Own code</h3>
          <Frames lines={stack.own} />
        </>
      )}
      {stack && stack.library.length > 0 && (
        <details className="mt-3" open={stack.own.length === 0}>
          <summary className="text-12 text-muted">{plural(stack.library.length, 'frame')} of libraries</summary>
          <Frames lines={stack.library} />
        </details>
      )}
      {error.stack && (
        <details className="mt-3">
          <summary className="text-12 text-muted">Stack as recorded</summary>
          <pre className="mt-1 whitespace-pre-wrap break-all font-mono text-12 leading-[18px]">
            {error.stack.split('\n').map(visible).join('\n')}
          </pre>
        </details>
      )}
      {!error.stack && <p className="mt-4 text-12 text-faint">No stack was recorded.</p>}
    </section>
  )
}

function Frames({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ol className="font-mono text-12 leading-[18px]">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: frames repeat; their order is their identity
        <li key={index} className="break-all">
          {visible(line)}
        </li>
      ))}
    </ol>
  )
}
