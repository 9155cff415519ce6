import type { SortColumn } from './queue-order'

export interface OverviewSort {
  readonly column: SortColumn
  readonly descending: boolean
}
