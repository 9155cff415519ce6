import type { Session, WebContents } from 'electron'

/** The one origin that the desktop window shows. */
export const appScheme = 'app'
export const appOrigin = `${appScheme}://queuescope`

/** Pure: whether the window may go there; nothing but the page that it has. */
export function isOwnPage(url: string): boolean {
  try {
    const { protocol, host, username, password, port } = new URL(url)
    return protocol === `${appScheme}:` && host === 'queuescope' && username === '' && password === '' && port === ''
  } catch {
    return false
  }
}

/** The window stays on its page: no other place, no other window, no embedded page, no download. */
export function guardContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}

/** What a page may ask of the system: to copy text, from its main frame. Everything else is denied. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide, details) => {
    decide(permission === 'clipboard-sanitized-write' && details.isMainFrame && isOwnPage(contents.getURL()))
  })
  session.setPermissionCheckHandler(
    (_contents, permission, origin, details) =>
      permission === 'clipboard-sanitized-write' && details.isMainFrame && isOwnPage(origin),
  )
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
}
