import { Field } from '@base-ui/react/field'
import { type ComponentProps, forwardRef } from 'react'
import { cx } from './cx'
import { controlLook } from './field'

export interface InputProps extends Omit<ComponentProps<'input'>, 'ref' | 'defaultValue' | 'value'> {
  readonly value?: string | number
  readonly defaultValue?: string | number
  readonly mono?: boolean
}

export const Input = forwardRef<HTMLInputElement, InputProps>(function Input({ mono, className, ...rest }, ref) {
  return (
    <Field.Control
      ref={ref}
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={cx(controlLook, mono && 'font-mono text-12', className)}
    />
  )
})
