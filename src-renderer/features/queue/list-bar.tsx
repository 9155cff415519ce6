import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../design/icon-button'
import { Time } from '../../design/time'

interface ListBarProps {
  readonly children: ReactNode
  /** When the list was taken; null while it is. */
  readonly takenAt: number | null
  readonly onRefresh: () => void
}

/** What a list holds, as of when, and how to take it anew. */
export function ListBar({ children, takenAt, onRefresh }: ListBarProps) {
  return (
    <div className="flex h-9 shrink-0 items-center gap-2 border-line border-b px-4 text-12 text-muted">
      <span className="clip">{children}</span>
      <span className="ml-auto flex shrink-0 items-center gap-1">
        {takenAt !== null && (
          <>
            as of <Time at={takenAt} />
          </>
        )}
        <IconButton label="Refresh the list" keys="r" onClick={onRefresh}>
          <RotateCw size={13} aria-hidden />
        </IconButton>
      </span>
    </div>
  )
}
