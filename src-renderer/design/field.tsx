import { Field as Base } from '@base-ui/react/field'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx'

export interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly className?: string
  readonly children: ReactNode
}

/** Label, control, hint or error, tied together for everybody who cannot see them side by side. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  return (
    <Base.Root className={cx('flex min-w-0 flex-col gap-1', className)} invalid={Boolean(error)}>
      <Base.Label className="font-medium text-12 text-muted">{label}</Base.Label>
      {children}
      {error ? (
        <Base.Error match className="text-12 text-red">
          {error}
        </Base.Error>
      ) : (
        hint && <Base.Description className="text-12 text-faint">{hint}</Base.Description>
      )}
    </Base.Root>
  )
}

/** Gives a control of one's own (a select, a text area) the ids of the field around it. */
export function FieldControl({ render }: { readonly render: ReactElement<Record<string, unknown>> }) {
  return <Base.Control render={render} />
}

export const controlLook =
  'h-7 w-full min-w-0 rounded border border-line-strong bg-canvas px-2 text-13 text-ink hover:border-faint aria-invalid:border-red disabled:bg-sunken disabled:text-faint'
