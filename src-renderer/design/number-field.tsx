import { NumberField as Base } from '@base-ui/react/number-field'
import { cx } from './cx'
import { controlLook } from './field'

export interface NumberFieldProps {
  readonly value: number | null
  readonly onChange: (value: number | null) => void
  readonly min?: number
  readonly max?: number
  readonly step?: number
  readonly label?: string
  readonly placeholder?: string
  readonly disabled?: boolean
  readonly className?: string
}

export function NumberField({
  value,
  onChange,
  min,
  max,
  step = 1,
  label,
  placeholder,
  disabled,
  className,
}: NumberFieldProps) {
  return (
    <Base.Root value={value} onValueChange={onChange} min={min} max={max} step={step} disabled={disabled}>
      <Base.Group className={className}>
        <Base.Input aria-label={label} placeholder={placeholder} className={cx(controlLook, 'tabular text-right')} />
      </Base.Group>
    </Base.Root>
  )
}
