import type { IncomingHttpHeaders } from 'node:http'

/** What decides about a request before anything else looks at it. */
export interface RequestFacts {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** As they came, since Node folds repeated Host headers into one. */
  readonly rawHeaders: readonly string[]
}

/** Pure: the status to refuse with, or undefined to go on. Against DNS rebinding and other sites' pages. */
export function refuseRequest(request: RequestFacts, port: number): number | undefined {
  const host = request.headers.host
  if (count(request.rawHeaders, 'host') !== 1 || host === undefined || !allowedHosts(port).includes(host)) return 421
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 403
  return undefined
}

/** Pure: the same for an upgrade to a WebSocket, which must come from a page that this server served. */
export function refuseUpgrade(request: RequestFacts, port: number): number | undefined {
  const refused = refuseRequest(request, port)
  if (refused !== undefined) return refused
  if (request.method !== 'GET' || request.path !== '/rpc') return 404
  if (count(request.rawHeaders, 'origin') !== 1 || request.headers.origin !== `http://${request.headers.host}`)
    return 403
  return undefined
}

const allowedHosts = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]

const count = (rawHeaders: readonly string[], name: string): number =>
  rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length
