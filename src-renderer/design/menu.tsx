import { Menu as Base } from '@base-ui/react/menu'
import { Fragment, type ReactElement, type ReactNode } from 'react'
import { Kbd } from './kbd'

export interface MenuEntry {
  readonly id: string
  readonly label: ReactNode
  readonly keys?: string | undefined
  readonly icon?: ReactNode
  /** Why it cannot be chosen now; shown beneath its label. */
  readonly why?: string | null | undefined
  readonly danger?: boolean | undefined
  /** A hairline above. */
  readonly apart?: boolean
  readonly onChoose: () => void
}

export interface MenuProps {
  readonly trigger: ReactElement<Record<string, unknown>>
  readonly entries: readonly MenuEntry[]
  readonly align?: 'start' | 'end'
  readonly label?: string
}

export function Menu({ trigger, entries, align = 'start', label }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal container={menuHome()}>
        <Base.Positioner sideOffset={4} align={align} collisionPadding={0} className="z-50">
          <Base.Popup aria-label={label} className={menuLook}>
            <MenuEntries entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** A landmark of their own, so that what lies over the page is part of it for everybody. */
export const menuHome = (): HTMLElement | null => document.getElementById('menus')

export const menuLook =
  'min-w-44 max-w-96 rounded border border-line-strong bg-raised p-1 text-13 text-ink shadow-[0_4px_16px_rgb(0_0_0/0.12)] outline-none'

export function MenuEntries({ entries }: { readonly entries: readonly MenuEntry[] }) {
  return entries.map((entry) => (
    <Fragment key={entry.id}>
      {entry.apart && <Base.Separator className="my-1 h-px bg-line" />}
      <Base.Item
        disabled={Boolean(entry.why)}
        onClick={entry.onChoose}
        className={`flex min-h-7 select-none items-center gap-2 rounded px-2 py-1 outline-none data-[highlighted]:bg-picked ${
          entry.why ? 'text-faint' : entry.danger ? 'text-red' : ''
        }`}
      >
        {entry.icon && <span className="flex w-4 justify-center">{entry.icon}</span>}
        <span className="min-w-0 flex-1">
          {entry.label}
          {entry.why && <span className="block text-12 text-faint leading-4">{entry.why}</span>}
        </span>
        {entry.keys && <Kbd keys={entry.keys} />}
      </Base.Item>
    </Fragment>
  ))
}
