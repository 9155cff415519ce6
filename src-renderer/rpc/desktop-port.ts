import type { Carrier } from '@shared/rpc/duplex'
import { messagePortCarrier } from '@shared/rpc/message-port'

/** What the preload puts on the window of the desktop shell, and nothing else. */
export interface DesktopBridge {
  /** Asks for the port that the core has sent; it arrives as a message to this window from itself. */
  readonly ready: () => void
}

export const desktopBridge = (): DesktopBridge | undefined => (window as { queuescope?: DesktopBridge }).queuescope

/** The name of the message that carries the port; the preload knows the same. */
const portMessage = 'queuescope:port'

export function portCarrier(bridge: DesktopBridge): Promise<Carrier> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent<unknown>) => {
      const [port] = event.ports
      if (event.source !== window || event.data !== portMessage || !port) return
      window.removeEventListener('message', listen)
      resolve(messagePortCarrier(port as unknown as Parameters<typeof messagePortCarrier>[0]))
    }
    window.addEventListener('message', listen)
    bridge.ready()
  })
}
