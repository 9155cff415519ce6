import { createORPCClient } from '@orpc/client'
import type { Client } from '@shared/rpc/contract'
import type { Carrier } from '@shared/rpc/duplex'
import { duplexLink } from '@shared/rpc/link'
import type { ConnectionStatus } from './connection-status'
import { desktopBridge, portCarrier } from './desktop-port'
import { socketCarrier } from './loopback-socket'

/**
 * The one client of this window, over whichever carrier the shell offers. Calls that are pending when the carrier is lost
 * fail and are never sent again; the stores open their streams anew.
 */
export function connect(report: (status: ConnectionStatus) => void): Client {
  const bridge = desktopBridge()
  let ended = false
  const open = (): Promise<Carrier> =>
    bridge
      ? portCarrier(bridge)
      : socketCarrier(() => {
          ended = true
          report('ended')
        })
  const link = duplexLink({
    open,
    isStream: () => false,
    onStatus: (status) => {
      if (!ended) report(status)
    },
  })
  return createORPCClient<Client>(link)
}
