import { ContextMenu as Base } from '@base-ui/react/context-menu'
import { type ReactElement, useState } from 'react'
import { MenuEntries, type MenuEntry, menuHome, menuLook } from './menu'

export interface ContextMenuProps {
  /** Asked when it opens, so that the entries fit what is under the pointer. */
  readonly entries: () => readonly MenuEntry[]
  readonly children: ReactElement<Record<string, unknown>>
}

export function ContextMenu({ entries, children }: ContextMenuProps) {
  const [shown, setShown] = useState<readonly MenuEntry[]>([])
  return (
    <Base.Root onOpenChange={(open) => open && setShown(entries())}>
      <Base.Trigger render={children} />
      <Base.Portal container={menuHome()}>
        <Base.Positioner className="z-50">
          <Base.Popup className={menuLook}>
            <MenuEntries entries={shown} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
