import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'
import { Kbd } from './kbd'

export interface TooltipProps {
  readonly text: ReactNode
  readonly keys?: string | undefined
  readonly children: ReactElement<Record<string, unknown>>
  readonly side?: 'top' | 'bottom' | 'left' | 'right'
}

export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} side={side} className="z-50">
          <Base.Popup className="max-w-80 whitespace-pre-line rounded border border-line-strong bg-raised px-2 py-1 text-12 text-ink">
            {text}
            {keys && (
              <span className="ml-2">
                <Kbd keys={keys} />
              </span>
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** One for the whole window: after the first tooltip its neighbours show at once. */
export function TooltipProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Base.Provider delay={400} closeDelay={0} timeout={300}>
      {children}
    </Base.Provider>
  )
}
