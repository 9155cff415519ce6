import { Dialog } from '@base-ui/react/dialog'
import { Command } from 'cmdk'
import { useMemo } from 'react'
import { useStore } from 'zustand'
import { type Action, actionStore, useActions } from '../../actions'
import { Kbd } from '../../design/kbd'
import { useConsole } from '../../stores/console'
import { closePanel, openPanel, panelStore } from '../../stores/panel'
import { go } from '../../stores/route'

/** More are found by typing another letter. */
const queuesAtMost = 300

/** Every action and every queue under one key. Actions that cannot be done now stay in sight and say why. */
export function Palette({ environmentId }: { readonly environmentId: string | null }) {
  const open = useStore(panelStore, (state) => state.panel === 'palette')
  useActions([
    { id: 'palette', label: 'Open the commands', group: 'Window', keys: 'mod+k', perform: () => openPanel('palette') },
    { id: 'shortcuts', label: 'Show the shortcuts', group: 'Window', keys: '?', perform: () => openPanel('shortcuts') },
  ])
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && closePanel()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup
          aria-label="Commands"
          className="fixed top-[12vh] left-1/2 z-40 w-[600px] max-w-[90vw] -translate-x-1/2 overflow-hidden rounded border border-line-strong bg-raised text-13"
        >
          <PaletteBody environmentId={environmentId} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteBody({ environmentId }: { readonly environmentId: string | null }) {
  const actions = useStore(actionStore, (state) => state.actions)
  const groups = useMemo(() => groupActions(actions.filter((action) => action.id !== 'palette')), [actions])
  const queues = useQueueNames(environmentId)
  const run = (perform: () => void) => {
    closePanel()
    // The dialog gives the focus back first; what is opened next may take it.
    requestAnimationFrame(perform)
  }
  const heading =
    '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-faint'
  const item =
    'flex min-h-7 items-center gap-3 rounded px-2 data-[selected=true]:bg-picked data-[disabled=true]:text-faint'
  return (
    <Command label="Commands" loop>
      <Command.Input
        autoFocus
        placeholder="Type a command or a queue"
        className="h-10 w-full border-line border-b bg-transparent px-4 text-15 outline-none"
      />
      <Command.List className="max-h-[52vh] overflow-y-auto p-1">
        <Command.Empty className="px-3 py-4 text-muted">Nothing is called that.</Command.Empty>
        {groups.map(([group, members]) => (
          <Command.Group key={group} heading={group} className={heading}>
            {members.map((action) => {
              const why = action.when?.() ?? null
              return (
                <Command.Item
                  key={action.id}
                  value={`${group} ${action.label} ${action.id}`}
                  disabled={why !== null}
                  onSelect={() => run(action.perform)}
                  className={item}
                >
                  <span className="clip flex-1">{action.label}</span>
                  {why && <span className="clip text-12">{why}</span>}
                  {action.keys && <Kbd keys={action.keys} />}
                </Command.Item>
              )
            })}
          </Command.Group>
        ))}
        {environmentId !== null && queues.length > 0 && (
          <Command.Group heading="Queues" className={heading}>
            {queues.map(({ key, name, product }) => (
              <Command.Item
                key={key}
                value={`queue ${name} ${key}`}
                onSelect={() =>
                  run(() => go({ at: 'queue', environmentId, queue: key, state: 'ready', message: null }))
                }
                className={item}
              >
                <span className="clip flex-1">{name}</span>
                <span className="text-12 text-faint">{product}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
    </Command>
  )
}

/** As they stand when the palette opens: a list that changes under the fingers would be worse than one a second old. */
function useQueueNames(environmentId: string | null) {
  const { feeds } = useConsole()
  return useMemo(
    () =>
      environmentId === null ? [] : [...feeds.of(environmentId).getState().queues.values()].slice(0, queuesAtMost),
    [feeds, environmentId],
  )
}

/** In the order in which groups first appear, the screen's own before the frame's. */
export function groupActions(actions: readonly Action[]): readonly (readonly [string, readonly Action[]])[] {
  const groups = new Map<string, Action[]>()
  for (const action of actions) groups.set(action.group, [...(groups.get(action.group) ?? []), action])
  const last = ['Go to', 'Environment', 'Theme', 'Window']
  return [...groups].sort(([a], [b]) => last.indexOf(a) - last.indexOf(b))
}
