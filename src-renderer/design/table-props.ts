import type { ReactNode } from 'react'
import type { TableSelection } from './table-selection'

export interface Column<Row> {
  readonly id: string
  readonly head: ReactNode
  /** Said where `head` is a drawing or an abbreviation. */
  readonly label?: string
  /** A grid track: `1fr`, `80px`, `minmax(120px, 2fr)`. */
  readonly width: string
  readonly align?: 'start' | 'end'
  readonly sortable?: boolean
  /** The first press sorts largest first; figures, aligned to the end, do so anyway. */
  readonly largestFirst?: boolean
  readonly cell: (row: Row) => ReactNode
}

export interface Sort {
  readonly column: string
  readonly descending: boolean
}

export interface DataTableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** A full-width heading in place of the row's cells. */
  readonly bandOf?: (row: Row) => ReactNode | undefined
  /** All there are on the other side, where more than `rows` exist. */
  readonly total?: number | null
  readonly sort?: Sort
  readonly onSort?: (sort: Sort) => void
  readonly onOpen?: (row: Row) => void
  /** The row that stands open beside the table. */
  readonly openKey?: string | null
  /** With it, j and k open the next row at once, as in a mail reader. */
  readonly openFollows?: boolean
  readonly selection?: TableSelection
  readonly onSelect?: (selection: TableSelection) => void
  readonly onKey?: (key: string, row: Row) => boolean
  readonly onEndReached?: () => void
  readonly empty?: ReactNode
  readonly rowHeight?: number
  readonly className?: string
}
