import { ChevronDown, ChevronUp } from 'lucide-react'
import { cx } from './cx'
import { GridHead, GridRow } from './grid'
import type { Column, DataTableProps } from './table-props'
import { everything, nothing, selectedCount } from './table-selection'

/** Sticky; a press on a head sorts, largest first for figures, the next press turns it round. */
export function TableHead<Row>(props: DataTableProps<Row> & { readonly tracks: string }) {
  const { columns, rows, selection, onSelect, tracks } = props
  const total = props.total ?? rows.length
  const selected = selection ? selectedCount(selection, total) : 0
  return (
    <GridRow
      aria-rowindex={1}
      className="sticky top-0 z-10 grid h-7 items-center border-line-strong border-b bg-canvas text-12 text-muted"
      style={{ gridTemplateColumns: tracks }}
    >
      {selection && onSelect && (
        <GridHead className="flex h-full items-center justify-center">
          <input
            type="checkbox"
            aria-label="Select all that match"
            checked={selected !== 0 && selected === total}
            ref={(box) => {
              if (box) box.indeterminate = selected !== 0 && selected !== total
            }}
            onChange={(event) => onSelect(event.target.checked ? everything : nothing)}
            className="size-3.5 accent-accent-fill"
          />
        </GridHead>
      )}
      {columns.map((column) => (
        <HeadCell key={column.id} column={column} {...props} />
      ))}
    </GridRow>
  )
}

function HeadCell<Row>({ column, sort, onSort }: DataTableProps<Row> & { readonly column: Column<Row> }) {
  const sorted = sort?.column === column.id
  const end = column.align === 'end'
  const arrow =
    sorted && (sort.descending ? <ChevronDown size={12} aria-hidden /> : <ChevronUp size={12} aria-hidden />)
  return (
    <GridHead
      aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
      className={cx('clip min-w-0 px-2 last:pr-4', end && 'text-right')}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          onClick={() =>
            onSort({ column: column.id, descending: sorted ? !sort.descending : (column.largestFirst ?? end) })
          }
          className={cx(
            'inline-flex max-w-full items-center gap-0.5 rounded hover:text-ink',
            sorted && 'font-medium text-ink',
            end && 'flex-row-reverse',
          )}
        >
          <span className="clip">{column.head}</span>
          {arrow}
        </button>
      ) : (
        <>
          {column.head}
          {column.label && <span className="sr-only">{column.label}</span>}
        </>
      )}
    </GridHead>
  )
}
