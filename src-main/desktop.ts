import type { StandardHandler } from '@orpc/server/standard'
import { messagePortCarrier } from '@shared/rpc/message-port'
import type { BrowserWindow, MessagePortMain } from 'electron'
import { appProtocolHandler, appSchemes } from './app-protocol'
import type { ConsoleContext } from './rpc/api'
import { serve } from './rpc/serve'
import type { StaticFiles } from './rpc/static-files'
import { windowOptions } from './window'
import { appOrigin, appScheme, guardContents, guardSession } from './window-policy'

/** The parts of Electron that the desktop shell uses; tests hand in their own. */
export type ElectronParts = Pick<
  typeof Electron.CrossProcessExports,
  'app' | 'BrowserWindow' | 'MessageChannelMain' | 'protocol' | 'session'
>

export interface DesktopOptions {
  readonly electron: ElectronParts
  readonly preload: string
  /** Read once the app is ready; schemes must be registered before that. */
  readonly readFiles: () => Promise<StaticFiles>
  /** Opens the core; called once, after this process has become the only one. */
  readonly openConsole: () => Promise<{ readonly handler: StandardHandler<ConsoleContext>; close(): Promise<void> }>
  readonly onFailure: (error: unknown) => void
}

/** The name under which the port reaches the preload. */
const portMessage = 'queuescope:port'

/**
 * The desktop shell. A second start shows the first one's window and ends. The core outlives a reload of the page: each
 * load gets a fresh channel, and the one before is closed.
 */
export async function startDesktop({
  electron,
  preload,
  readFiles,
  openConsole,
  onFailure,
}: DesktopOptions): Promise<void> {
  const { app, protocol, session } = electron
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  app.enableSandbox()
  protocol.registerSchemesAsPrivileged(appSchemes)
  app.on('web-contents-created', (_event, contents) => guardContents(contents))

  let window: BrowserWindow | undefined
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('window-all-closed', () => app.quit())

  await app.whenReady()
  guardSession(session.defaultSession)
  try {
    session.defaultSession.protocol.handle(appScheme, appProtocolHandler(await readFiles()))
    const console = await openConsole()
    closeBeforeQuit(app, console)
    window = openWindow(electron, preload, console.handler)
  } catch (error) {
    onFailure(error)
    app.exit(1)
  }
}

function openWindow(electron: ElectronParts, preload: string, handler: StandardHandler<ConsoleContext>): BrowserWindow {
  const window = new electron.BrowserWindow(windowOptions({ preload, isPackaged: electron.app.isPackaged }))
  window.once('ready-to-show', () => window.show())
  let served: { close(): void } | undefined
  window.webContents.on('did-finish-load', () => {
    served?.close()
    const { port1, port2 } = new electron.MessageChannelMain()
    served = serve(messagePortCarrier(port1 satisfies MessagePortMain), handler, {})
    window.webContents.postMessage(portMessage, null, [port2])
  })
  window.on('closed', () => served?.close())
  void window.loadURL(`${appOrigin}/index.html`)
  return window
}

/** Quits only after the core has put everything down. */
function closeBeforeQuit(app: ElectronParts['app'], console: { close(): Promise<void> }): void {
  let isClosed = false
  app.on('before-quit', (event) => {
    if (isClosed) return
    event.preventDefault()
    void console.close().finally(() => {
      isClosed = true
      app.quit()
    })
  })
}
