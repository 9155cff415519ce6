import { Switch as Base } from '@base-ui/react/switch'

export interface SwitchProps {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly disabled?: boolean
}

export function Switch({ label, checked, onChange, disabled }: SwitchProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control
    <label className="flex items-center gap-2 text-13">
      <Base.Root
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        className="relative inline-flex h-4 w-7 shrink-0 items-center rounded-full border border-line-strong bg-sunken px-0.5 data-[checked]:border-accent-fill data-[checked]:bg-accent-fill"
      >
        <Base.Thumb className="size-2.5 rounded-full bg-faint data-[checked]:translate-x-3 data-[checked]:bg-on-fill" />
      </Base.Root>
      {label}
    </label>
  )
}
