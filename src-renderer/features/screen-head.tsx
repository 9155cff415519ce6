import type { ReactNode } from 'react'

export interface ScreenHeadProps {
  readonly title: ReactNode
  readonly detail?: ReactNode
  readonly children?: ReactNode
}

/** The one line at the top of every screen: what this is, and what can be done here. */
export function ScreenHead({ title, detail, children }: ScreenHeadProps) {
  return (
    <header className="flex h-11 shrink-0 items-center gap-3 border-line border-b px-4">
      <h1 className="clip min-w-0 shrink font-semibold text-15">{title}</h1>
      {detail && <div className="clip min-w-0 shrink-[1000] text-muted">{detail}</div>}
      <div className="ml-auto flex shrink-0 items-center gap-2">{children}</div>
    </header>
  )
}
