import { CSPProvider } from '@base-ui/react/csp-provider'
import { type ReactNode, useEffect } from 'react'
import { useStore } from 'zustand'
import { listenForKeys, useActions } from './actions'
import { SplitPane } from './design/split-pane'
import { Notices } from './design/toast'
import { TooltipProvider } from './design/tooltip'
import { ActDialog } from './features/acts/act-dialog'
import { Frame } from './features/frame/frame'
import { MessageInspector } from './features/message/message-inspector'
import { Palette } from './features/palette/palette'
import { ShortcutSheet } from './features/palette/shortcut-sheet'
import { PlanDialog } from './features/plan/plan-dialog'
import { UnlockDialog } from './features/plan/unlock-dialog'
import { RunsStrip } from './features/runs/runs-strip'
import { ScreenBoundary } from './features/screen-boundary'
import { screenOf } from './routes'
import { type Console, ConsoleProvider, useConsole, useRoute } from './stores/console'
import { go, type Route } from './stores/route'

export function App({ console }: { readonly console: Console }) {
  return (
    // Base UI would add <style> elements, which the content security policy refuses; our own sheet holds what they do.
    <CSPProvider disableStyleElements>
      <ConsoleProvider value={console}>
        <TooltipProvider>
          <Notices>
            <Window />
          </Notices>
        </TooltipProvider>
      </ConsoleProvider>
    </CSPProvider>
  )
}

function Window() {
  const route = useRoute()
  const { preferences } = useConsole()
  useEffect(() => listenForKeys(), [])
  useHome()
  useActions(
    (['system', 'light', 'dark'] as const).map((theme) => ({
      id: `theme-${theme}`,
      label: theme === 'system' ? 'Theme of the system' : `${theme === 'dark' ? 'Dark' : 'Light'} theme`,
      group: 'Theme',
      perform: () => preferences.set({ theme }),
    })),
  )
  const environmentId = route.at === 'home' ? null : route.environmentId
  return (
    <>
      <Frame environmentId={environmentId} strip={<RunsStrip />}>
        <SplitPane id="screen" aside={asideOf(route)} asideLabel="the message">
          <ScreenBoundary key={route.at}>{screenOf(route)}</ScreenBoundary>
        </SplitPane>
      </Frame>
      <Palette environmentId={environmentId} />
      <ShortcutSheet />
      <PlanDialog />
      <ActDialog />
      <UnlockDialog />
    </>
  )
}

/** The pane at the right: the message that the place names. */
function asideOf(route: Route): ReactNode {
  if ((route.at !== 'queue' && route.at !== 'dead-letters') || route.message === null || route.queue === null)
    return null
  return (
    <MessageInspector
      environmentId={route.environmentId}
      queue={route.queue}
      id={route.message}
      onClose={() => go({ ...route, message: null })}
    />
  )
}

/** Home is the environment seen last, else the first; the sandbox is always there. */
function useHome(): void {
  const route = useRoute()
  const { environments, preferences } = useConsole()
  const list = useStore(environments, (state) => state.list)
  const loaded = useStore(preferences.store, (state) => state.loaded)
  const last = useStore(preferences.store, (state) => state.lastEnvironmentId)
  useEffect(() => {
    if (!loaded || list.length === 0) return
    const known = route.at !== 'home' && list.some((one) => one.id === route.environmentId)
    if (known || (route.at === 'environments' && route.environmentId !== null)) return
    const next = list.find((one) => one.id === last) ?? list[0]!
    go({ at: 'overview', environmentId: next.id }, 'replace')
  }, [route, list, loaded, last])
}
