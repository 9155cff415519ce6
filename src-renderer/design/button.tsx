import { type ComponentProps, forwardRef, type ReactNode } from 'react'
import { cx } from './cx'
import { Tooltip } from './tooltip'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'ref'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet'
  /** 24 px, for bars; else 28 px. */
  readonly small?: boolean
  readonly icon?: ReactNode
  /** Why it cannot be pressed now. It stays focusable, so that the reason can be read by everybody. */
  readonly why?: string | null | undefined
}

const looks = {
  plain: 'border-line-strong bg-raised text-ink hover:bg-hover active:bg-sunken',
  primary: 'border-transparent bg-accent-fill text-on-fill hover:brightness-110 active:brightness-95',
  danger: 'border-transparent bg-danger-fill text-on-fill hover:brightness-110 active:brightness-95',
  quiet: 'border-transparent bg-transparent text-muted hover:bg-hover hover:text-ink active:bg-sunken',
} as const

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { look = 'plain', small, icon, why, className, children, onClick, disabled, ...rest },
  ref,
) {
  const blocked = Boolean(why)
  const button = (
    <button
      ref={ref}
      type="button"
      {...rest}
      disabled={disabled}
      aria-disabled={blocked || undefined}
      onClick={blocked ? (event) => event.preventDefault() : onClick}
      className={cx(
        'inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded border font-medium',
        small ? 'h-6 px-2 text-12' : 'h-7 px-2.5 text-13',
        blocked || disabled ? 'border-line bg-sunken text-faint' : looks[look],
        className,
      )}
    >
      {icon}
      {children}
    </button>
  )
  return why ? <Tooltip text={why}>{button}</Tooltip> : button
})
