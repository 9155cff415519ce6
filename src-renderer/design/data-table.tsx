import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useId, useRef, useState } from 'react'
import { cx } from './cx'
import { Grid, GridBody, GridCell, GridRow } from './grid'
import { TableHead } from './table-head'
import { type TableKey, tableKey } from './table-keys'
import type { DataTableProps } from './table-props'
import { isSelected, mark, runBetween, toggle } from './table-selection'

/** The first track of a table with a selection. */
const boxTrack = '28px'
/** Rows above and below the view that are kept drawn. */
const overscan = 8

/**
 * A grid of any length: rows of one height, only those in view are drawn. Keys j k or arrows move, Enter opens, space
 * marks, shift extends. Every row is 28 px, so that 1,000,000 of them stay below Chromium's tallest element.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, bandOf, selection, onSelect, onOpen, openKey, rowHeight = 28, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const [active, setActive] = useState<string | null>(openKey ?? null)
  const anchor = useRef<string | null>(null)
  const rowVirtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
    scrollPaddingStart: rowHeight,
    useFlushSync: false,
  })
  const drawn = rowVirtualizer.getVirtualItems()
  const last = drawn.at(-1)?.index ?? 0
  const { onEndReached } = props
  useEffect(() => {
    if (onEndReached && rows.length > 0 && last >= rows.length - 20) onEndReached()
  }, [last, rows.length, onEndReached])

  const choose = useCallback(
    (key: string, extend: boolean) => {
      if (!selection || !onSelect) return
      if (extend && anchor.current) {
        const run = runBetween(rows.map(keyOf), anchor.current, key)
        onSelect(mark(selection, run, isSelected(selection, anchor.current)))
      } else {
        onSelect(toggle(selection, key))
        anchor.current = key
      }
    },
    [selection, onSelect, rows, keyOf],
  )

  const move = (to: number, by: number, extend: boolean) => {
    let index = Math.max(0, Math.min(rows.length - 1, to))
    while (rows[index] !== undefined && bandOf?.(rows[index]!) !== undefined) index += by < 0 ? -1 : 1
    const row = rows[index]
    if (row === undefined) return
    setActive(keyOf(row))
    rowVirtualizer.scrollToIndex(index)
    if (extend && selection) choose(keyOf(row), true)
    else if (props.openFollows && openKey) onOpen?.(row)
  }

  const act = (key: TableKey, extend: boolean) => {
    const at = rows.findIndex((row) => keyOf(row) === active)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2)
    const row = rows[at]
    switch (key) {
      case 'down':
        return move(at + 1, 1, extend)
      case 'up':
        return move(at < 0 ? 0 : at - 1, at <= 0 ? 1 : -1, extend)
      case 'page-down':
        return move(at + page, 1, extend)
      case 'page-up':
        return move(at - page, -1, extend)
      case 'first':
        return move(0, 1, extend)
      case 'last':
        return move(rows.length - 1, -1, extend)
      case 'open':
        return row !== undefined && onOpen?.(row)
      case 'mark':
        return row !== undefined && choose(keyOf(row), extend)
    }
  }

  const tracks = `${selection ? `${boxTrack} ` : ''}${columns.map((column) => column.width).join(' ')}`
  const activeIndex = active === null ? -1 : drawn.findIndex((item) => keyOf(rows[item.index]!) === active)
  const isEmpty = rows.length === 0 && props.empty !== undefined
  return (
    <>
      <Grid
        ref={scroller}
        aria-label={label}
        aria-rowcount={(props.total ?? rows.length) + 1}
        aria-colcount={columns.length + (selection ? 1 : 0)}
        aria-multiselectable={selection ? true : undefined}
        aria-activedescendant={activeIndex >= 0 ? `${id}-${drawn[activeIndex]!.index}` : undefined}
        className={cx(
          'group/grid relative min-h-0 overflow-auto outline-offset-[-2px]',
          isEmpty ? 'shrink-0' : 'flex-1',
          activeIndex >= 0 && 'outline-none',
          className,
        )}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return
          const row = rows.find((candidate) => keyOf(candidate) === active)
          const plain = !event.metaKey && !event.ctrlKey && !event.altKey
          if (plain && row !== undefined && props.onKey?.(event.key, row)) return event.preventDefault()
          const key = tableKey(event)
          if (!key || (key === 'mark' && !selection) || (key === 'open' && !onOpen)) return
          event.preventDefault()
          act(key, event.shiftKey)
        }}
      >
        <TableHead {...props} tracks={tracks} />
        <GridBody className="relative" style={{ height: rowVirtualizer.getTotalSize() }}>
          {drawn.map((item) => {
            const row = rows[item.index]!
            const key = keyOf(row)
            const band = bandOf?.(row)
            const place = { height: rowHeight, transform: `translateY(${item.start}px)`, gridTemplateColumns: tracks }
            if (band !== undefined) {
              return (
                <GridRow
                  key={key}
                  id={`${id}-${item.index}`}
                  aria-rowindex={item.index + 2}
                  className="absolute top-0 left-0 w-full border-line border-b bg-surface"
                  style={{ height: rowHeight, transform: place.transform }}
                >
                  <GridCell aria-colspan={columns.length} className="flex h-full items-center px-3">
                    {band}
                  </GridCell>
                </GridRow>
              )
            }
            const picked = selection !== undefined && isSelected(selection, key)
            return (
              <GridRow
                key={key}
                id={`${id}-${item.index}`}
                aria-rowindex={item.index + 2}
                aria-selected={selection ? picked : openKey ? openKey === key : undefined}
                data-key={key}
                className={cx(
                  'absolute top-0 left-0 grid w-full items-center border-line border-b',
                  key === openKey || (picked && selection?.kind === 'some') ? 'bg-picked' : 'hover:bg-hover',
                  key === active &&
                    '-outline-offset-1 group-focus-visible/grid:outline group-focus-visible/grid:outline-accent',
                )}
                style={place}
                onClick={(event) => {
                  setActive(key)
                  if (event.shiftKey && selection) choose(key, true)
                  else if ((event.metaKey || event.ctrlKey) && selection) choose(key, false)
                  else onOpen?.(row)
                }}
              >
                {selection && (
                  <BoxCell
                    checked={picked}
                    label={`Select ${key}`}
                    onChoose={(extend) => {
                      setActive(key)
                      choose(key, extend)
                    }}
                  />
                )}
                {columns.map((column) => (
                  <GridCell
                    key={column.id}
                    className={cx('clip min-w-0 px-2 last:pr-4', column.align === 'end' && 'text-right')}
                  >
                    {column.cell(row)}
                  </GridCell>
                ))}
              </GridRow>
            )
          })}
        </GridBody>
      </Grid>
      {isEmpty && props.empty}
    </>
  )
}

interface BoxCellProps {
  readonly checked: boolean
  readonly label: string
  readonly onChoose: (extend: boolean) => void
}

function BoxCell({ checked, label, onChoose }: BoxCellProps) {
  return (
    <GridCell
      className="flex h-full items-center justify-center"
      onClick={(event) => {
        event.stopPropagation()
        onChoose(event.shiftKey)
      }}
    >
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={label}
        checked={checked}
        readOnly
        className="size-3.5 accent-accent-fill"
      />
    </GridCell>
  )
}
