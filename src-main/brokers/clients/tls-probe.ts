import { connect } from 'node:tls'
import type { HostPort } from '@shared/model/environment'

/** Whether a TLS handshake succeeds there, whoever signed the certificate: only used to tell "wants TLS" from "is down". */
export function endsTlsHandshake({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: 2_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('secureConnect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
    socket.once('close', () => end(false))
  })
}
