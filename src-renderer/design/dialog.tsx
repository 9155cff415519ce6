import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { cx } from './cx'

export interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly description?: ReactNode
  /** Buttons, right-aligned; the one that goes on stands last. */
  readonly footer?: ReactNode
  readonly width?: 'narrow' | 'wide' | 'full'
  readonly initialFocus?: RefObject<HTMLElement | null>
  /** A coloured line at the head: where this happens matters. */
  readonly edge?: string
  readonly children: ReactNode
}

const widths = { narrow: 'max-w-[520px]', wide: 'max-w-[760px]', full: 'max-w-[1100px]' } as const

export function Dialog(props: DialogProps) {
  const { open, onClose, title, description, footer, width = 'narrow', initialFocus, edge, children } = props
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Base.Popup
          initialFocus={initialFocus}
          className={cx(
            'fixed top-[10vh] left-1/2 z-40 flex max-h-[80vh] w-full -translate-x-1/2 flex-col overflow-hidden rounded border border-line-strong bg-raised text-13',
            widths[width],
          )}
        >
          {edge && <div aria-hidden className={cx('h-1 shrink-0', edge)} />}
          <header className="flex items-start gap-3 border-line border-b px-4 py-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="font-semibold text-15 leading-5">{title}</Base.Title>
              {description && <Base.Description className="mt-1 text-muted">{description}</Base.Description>}
            </div>
            <Base.Close
              aria-label="Close"
              className="-mr-1 inline-flex size-6 items-center justify-center rounded text-muted hover:bg-hover hover:text-ink"
            >
              <X size={14} aria-hidden />
            </Base.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section className="min-h-0 flex-1 overflow-y-auto px-4 py-3" tabIndex={0} aria-label="Content">
            {children}
          </section>
          {footer && (
            <footer className="flex items-center justify-end gap-2 border-line border-t bg-surface px-4 py-3">
              {footer}
            </footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
