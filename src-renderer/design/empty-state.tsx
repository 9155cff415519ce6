import type { ReactNode } from 'react'

export interface EmptyStateProps {
  readonly title: string
  /** What this is or why it is so; then one thing to do. */
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly tone?: 'neutral' | 'red'
}

export function EmptyState({ title, children, action, tone = 'neutral' }: EmptyStateProps) {
  return (
    <div
      className="flex min-h-0 flex-1 flex-col items-start gap-2 px-6 py-8"
      role={tone === 'red' ? 'alert' : undefined}
    >
      <h2 className={`font-semibold text-15 ${tone === 'red' ? 'text-red' : ''}`}>{title}</h2>
      {children && <div className="max-w-[64ch] whitespace-pre-line break-words text-muted">{children}</div>}
      {action && <div className="mt-2 flex gap-2">{action}</div>}
    </div>
  )
}
