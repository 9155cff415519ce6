import { connect as connectPlain } from 'node:net'
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

/** Whether something there answers a plain PING the way a Redis does: only used to tell "speaks no TLS" from "is silent". */
export function answersPlainPing({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectPlain({ host, port, timeout: 2_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => end(/^(\+PONG|-NOAUTH|-DENIED|-LOADING)/.test(data.toString('latin1'))))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
    socket.once('close', () => end(false))
  })
}
