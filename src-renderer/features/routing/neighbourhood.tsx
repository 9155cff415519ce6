import { visible } from '@shared/payload/visible'
import type { ReactNode } from 'react'
import { Badge } from '../../design/badge'
import { count } from '../../design/number-format'
import { type GraphEdge, nodeKey } from './graph'
import { NodeLink } from './node-link'

/** A line of a column, wherever it leads: 48 pixels, so that the threads meet it. */
const rowHeight = 48
/** Shown at most on either side; a fan-out to more is no picture any more. */
const shownAtMost = 200

export interface Column {
  readonly title: string
  readonly rows: readonly { readonly key: string; readonly view: ReactNode }[]
  /** In place of rows: why there is none. */
  readonly empty: string
}

interface NeighbourhoodProps {
  readonly from: Column
  readonly to: Column
  /** The place where one stands. */
  readonly children: ReactNode
}

/** One place of the graph with what leads to it at the left and where it leads at the right, threads between. */
export function Neighbourhood({ from, to, children }: NeighbourhoodProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label="Routes" tabIndex={0} className="min-h-0 overflow-y-auto px-4 py-3">
      <div className="grid max-w-[1100px] grid-cols-[minmax(0,1fr)_24px_minmax(0,1fr)_24px_minmax(0,1.1fr)]">
        <Side column={from} />
        <Threads count={from.rows.length} toRight={false} />
        <div>
          <h2 className="h-6 text-12 text-muted">Here</h2>
          <div className="rounded border border-line-strong bg-surface px-3 py-2" style={{ minHeight: rowHeight }}>
            {children}
          </div>
        </div>
        <Threads count={to.rows.length} toRight />
        <Side column={to} />
      </div>
    </section>
  )
}

function Side({ column: { title, rows, empty } }: { readonly column: Column }) {
  return (
    <section aria-label={title}>
      <h2 className="h-6 text-12 text-muted">{title}</h2>
      {rows.length === 0 ? (
        <p className="text-12 text-muted">{empty}</p>
      ) : (
        <ul>
          {rows.slice(0, shownAtMost).map(({ key, view }) => (
            <li
              key={key}
              className="flex flex-col justify-center rounded border border-line px-2"
              style={{ height: rowHeight - 6, marginBottom: 6 }}
            >
              {view}
            </li>
          ))}
          {rows.length > shownAtMost && <li className="text-muted">and {count(rows.length - shownAtMost)} more</li>}
        </ul>
      )}
    </section>
  )
}

/** From the first row's height, where the middle one stands, to every row. */
function Threads({ count: rows, toRight }: { readonly count: number; readonly toRight: boolean }) {
  const shown = Math.min(rows, shownAtMost)
  const middle = (rowHeight - 6) / 2
  const [here, there] = toRight ? [0, 24] : [24, 0]
  return (
    <svg aria-hidden width={24} height={Math.max(1, shown) * rowHeight} className="mt-6 text-line-strong">
      {Array.from({ length: shown }, (_, row) => {
        const y = middle + row * rowHeight
        const way = `M ${here} ${middle} C 12 ${middle} 12 ${y} ${there} ${y}`
        // biome-ignore lint/suspicious/noArrayIndexKey: a thread is its row
        return <path key={row} d={way} fill="none" stroke="currentColor" />
      })}
    </svg>
  )
}

interface EdgeLinesProps {
  readonly environmentId: string
  readonly edge: GraphEdge
}

/** The key by which messages take this way, and the place at its other end. */
export function EdgeLines({ environmentId, edge }: EdgeLinesProps) {
  const { routingKey, arguments: headers, deadLetter, other } = edge
  return (
    <>
      <span className="flex min-w-0 items-center gap-1.5 text-12">
        <span className="clip font-mono" title={visible(`${routingKey} ${headers}`.trim())}>
          {routingKey === '' && headers === '' ? (
            <span className="text-muted">{deadLetter ? 'as each came' : 'any key'}</span>
          ) : (
            visible(routingKey)
          )}
          {headers !== '' && <span className="text-muted"> {visible(headers)}</span>}
        </span>
        {deadLetter && <Badge tone="red">dead letters</Badge>}
      </span>
      <NodeLink environmentId={environmentId} node={other} />
    </>
  )
}

export const edgeRows = (environmentId: string, edges: readonly GraphEdge[]): Column['rows'] =>
  edges.map((edge, index) => ({
    key: `${nodeKey(edge.other)} ${index}`,
    view: <EdgeLines environmentId={environmentId} edge={edge} />,
  }))
