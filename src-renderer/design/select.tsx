import { type ComponentProps, forwardRef } from 'react'
import { cx } from './cx'
import { controlLook, FieldControl } from './field'

export interface SelectProps extends Omit<ComponentProps<'select'>, 'ref'> {
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

/** The platform's own list: at home under every keyboard, screen reader and thumb. */
export const Select = forwardRef<HTMLSelectElement, SelectProps>(function Select({ options, className, ...rest }, ref) {
  return (
    <FieldControl
      render={
        <select ref={ref} {...rest} className={cx(controlLook, 'pr-1', className)}>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      }
    />
  )
})
