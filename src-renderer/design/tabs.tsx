import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

export interface Tab<Value extends string> {
  readonly value: Value
  readonly label: ReactNode
  /** The key that chooses it, shown small. */
  readonly hint?: string
}

export interface TabsProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly tabs: readonly Tab<Value>[]
  readonly onChange: (value: Value) => void
  /** Stands at the right end of the row of tabs. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

export function Tabs<Value extends string>({ label, value, tabs, onChange, aside, children }: TabsProps<Value>) {
  return (
    <Base.Root
      value={value}
      onValueChange={(next: Value) => onChange(next)}
      className="flex min-h-0 min-w-0 flex-1 flex-col"
    >
      <div className="flex h-8 shrink-0 items-stretch border-line border-b">
        <Base.List
          aria-label={label}
          activateOnFocus
          className="flex min-w-0 flex-1 items-stretch overflow-x-auto px-2"
        >
          {tabs.map((tab) => (
            <Base.Tab
              key={tab.value}
              value={tab.value}
              className="flex shrink-0 items-center gap-1.5 border-transparent border-b-2 px-2 pt-0.5 text-13 text-muted hover:text-ink data-[active]:border-accent data-[active]:font-medium data-[active]:text-ink"
            >
              {tab.label}
              {tab.hint && (
                <span aria-hidden className="text-11 text-faint">
                  {tab.hint}
                </span>
              )}
            </Base.Tab>
          ))}
        </Base.List>
        {aside && <div className="flex shrink-0 items-center gap-1 px-2">{aside}</div>}
      </div>
      <Base.Panel value={value} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none" tabIndex={-1}>
        {children}
      </Base.Panel>
    </Base.Root>
  )
}
