import type { BrowserWindowConstructorOptions } from 'electron'

/** Pure: what the one window may do, each setting said explicitly. `preload` is an absolute path of one bundled file. */
export function windowOptions({
  preload,
  isPackaged,
}: {
  readonly preload: string
  readonly isPackaged: boolean
}): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 800,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Queuescope',
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      plugins: false,
      devTools: !isPackaged,
    },
  }
}
