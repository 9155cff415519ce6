import { type ComponentProps, forwardRef } from 'react'
import { cx } from './cx'
import { controlLook, FieldControl } from './field'

export interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'ref'> {
  readonly mono?: boolean
}

export const TextArea = forwardRef<HTMLTextAreaElement, TextAreaProps>(function TextArea(
  { mono, className, ...rest },
  ref,
) {
  return (
    <FieldControl
      render={
        <textarea
          ref={ref}
          spellCheck={false}
          {...rest}
          className={cx(controlLook, 'h-auto resize-y py-1', mono && 'font-mono text-12', className)}
        />
      }
    />
  )
})
