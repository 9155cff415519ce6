export interface ProgressProps {
  readonly label: string
  /** 0 to 1. */
  readonly share: number
}

/** How much of a whole is done. The words beside it are the caller's. */
export function Progress({ label, share }: ProgressProps) {
  const percent = Math.round(share * 100)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 w-32 shrink-0 overflow-hidden rounded bg-line-strong"
    >
      <div className="h-full bg-accent forced-colors:bg-[Highlight]" style={{ width: `${percent}%` }} />
    </div>
  )
}
