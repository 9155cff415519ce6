import { forwardRef, type ReactNode } from 'react'
import type { ButtonProps } from './button'
import { cx } from './cx'
import { Tooltip } from './tooltip'

export interface IconButtonProps extends Omit<ButtonProps, 'look' | 'icon' | 'children'> {
  /** Its name, also shown as the tooltip. */
  readonly label: string
  readonly keys?: string
  readonly children: ReactNode
}

export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { label, keys, why, children, className, onClick, ...rest },
  ref,
) {
  return (
    <Tooltip text={why ?? label} keys={keys}>
      <button
        ref={ref}
        type="button"
        aria-label={label}
        aria-disabled={why ? true : undefined}
        {...rest}
        onClick={why ? undefined : onClick}
        className={cx(
          'inline-flex size-7 shrink-0 items-center justify-center rounded border border-transparent hover:bg-hover',
          why ? 'text-faint' : 'text-muted hover:text-ink',
          className,
        )}
      >
        {children}
      </button>
    </Tooltip>
  )
})
