// @vitest-environment happy-dom
import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DataTable } from './data-table'
import type { Column, DataTableProps } from './table-props'
import { nothing, type TableSelection } from './table-selection'

interface Row {
  readonly id: string
}

const columns: readonly Column<Row>[] = [{ id: 'id', head: 'Id', width: '1fr', sortable: true, cell: (row) => row.id }]
const rows = Array.from({ length: 1000 }, (_, index) => ({ id: `r${index}` }))
let root: Root
let home: HTMLElement

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  // Nothing has a size here: a view of ten rows is claimed.
  claim('clientHeight', 280)
  claim('clientWidth', 400)
  home = document.createElement('div')
  document.body.append(home)
  root = createRoot(home)
})

const claim = (name: 'clientHeight' | 'clientWidth', value: number) =>
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value })

afterEach(() => {
  act(() => root.unmount())
  home.remove()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const show = (props: Partial<DataTableProps<Row>>) =>
  act(() =>
    root.render(<DataTable<Row> label="Rows" columns={columns} rows={rows} keyOf={(row) => row.id} {...props} />),
  )
const grid = () => home.querySelector('[role=grid]')!
const press = (key: string, held: KeyboardEventInit = {}) =>
  act(() => grid().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...held })))

describe('the virtual table', () => {
  it('draws what is in view and says how much there is', () => {
    show({ total: 5000 })
    expect(grid().getAttribute('aria-rowcount')).toBe('5001')
    const drawn = home.querySelectorAll('[role=row]').length
    expect(drawn).toBeGreaterThan(5)
    expect(drawn).toBeLessThan(60)
    expect(home.querySelector('[data-key=r0]')?.getAttribute('aria-rowindex')).toBe('2')
  })

  it('opens with j and Enter, and follows while something is open', () => {
    const opened: string[] = []
    show({ onOpen: (row) => opened.push(row.id) })
    press('j')
    press('j')
    press('Enter')
    expect(opened).toEqual(['r1'])
    show({ onOpen: (row) => opened.push(row.id), openKey: 'r1', openFollows: true })
    press('k')
    expect(opened).toEqual(['r1', 'r0'])
  })

  it('selects with space and extends with shift', () => {
    let selection: TableSelection = nothing
    const onSelect = (next: TableSelection) => {
      selection = next
      show({ selection, onSelect })
    }
    show({ selection, onSelect })
    press('j')
    press(' ')
    press('j', { shiftKey: true })
    press('j', { shiftKey: true })
    expect(selection).toEqual({ kind: 'some', keys: new Set(['r0', 'r1', 'r2']) })
  })

  it('sorts by its heads and says so', () => {
    const onSort = vi.fn()
    show({ sort: { column: 'id', descending: false }, onSort })
    expect(home.querySelector('[role=columnheader]')?.getAttribute('aria-sort')).toBe('ascending')
    act(() => home.querySelector<HTMLButtonElement>('[role=columnheader] button')?.click())
    expect(onSort).toHaveBeenCalledWith({ column: 'id', descending: true })
  })

  it('shows hostile text as text', () => {
    show({ rows: [{ id: '<img src=x onerror=alert(1)>' }] })
    expect(home.querySelector('img')).toBeNull()
    expect(home.textContent).toContain('<img src=x onerror=alert(1)>')
  })
})
