import { useStore } from 'zustand'
import { actionStore } from '../../actions'
import { Dialog } from '../../design/dialog'
import { Kbd } from '../../design/kbd'
import { closePanel, panelStore } from '../../stores/panel'
import { groupActions } from './palette'

const tableKeys = [
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['enter', 'Open the row'],
  ['space', 'Select the row'],
  ['shift+j', 'Extend the selection'],
] as const

/** What can be pressed here and now, read from the same records as the palette. */
export function ShortcutSheet() {
  const open = useStore(panelStore, (state) => state.panel === 'shortcuts')
  const actions = useStore(actionStore, (state) => state.actions)
  const groups = groupActions(actions.filter((action) => action.keys))
  return (
    <Dialog open={open} onClose={closePanel} title="Shortcuts" width="wide">
      <div className="columns-2 gap-8">
        {groups.map(([group, members]) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-12 text-faint">{group}</h3>
            <dl>
              {members.map((action) => (
                <Line key={action.id} keys={action.keys ?? ''} label={action.label} />
              ))}
            </dl>
          </section>
        ))}
        <section className="mb-4 break-inside-avoid">
          <h3 className="mb-1 text-12 text-faint">In tables</h3>
          <dl>
            {tableKeys.map(([keys, label]) => (
              <Line key={keys} keys={keys} label={label} />
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  )
}

function Line({ keys, label }: { readonly keys: string; readonly label: string }) {
  return (
    <div className="flex h-6 items-center justify-between gap-4">
      <dt>{label}</dt>
      <dd>
        <Kbd keys={keys} />
      </dd>
    </div>
  )
}
