import type { ReactNode } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'

export interface SplitPaneProps {
  readonly id: string
  readonly children: ReactNode
  /** The right pane; null folds it away and gives its width back. */
  readonly aside: ReactNode | null
  readonly asideLabel: string
}

/** Two panes side by side; the line between them moves by pointer and by arrow keys. */
export function SplitPane({ id, children, aside, asideLabel }: SplitPaneProps) {
  return (
    <Group id={id} orientation="horizontal" className="min-h-0 min-w-0 flex-1">
      <Panel id={`${id}-main`} minSize="320px" className="flex min-h-0 min-w-0 flex-col">
        {children}
      </Panel>
      {aside !== null && (
        <>
          <Separator
            aria-label={`Resize ${asideLabel}`}
            className="w-px bg-line-strong outline-offset-0 hover:bg-accent data-[separator=active]:bg-accent"
          />
          <Panel
            id={`${id}-aside`}
            defaultSize="480px"
            minSize="320px"
            maxSize="70%"
            className="flex min-h-0 min-w-0 flex-col"
          >
            {aside}
          </Panel>
        </>
      )}
    </Group>
  )
}
