import type { CustomScheme } from 'electron'
import { securityHeaders } from './rpc/security-headers'
import { findStatic, type StaticFiles } from './rpc/static-files'
import { appScheme, isOwnPage } from './window-policy'

/** Registered before the app is ready: a standard, secure scheme in place of file:. */
export const appSchemes: CustomScheme[] = [
  {
    scheme: appScheme,
    privileges: {
      standard: true,
      secure: true,
      supportFetchAPI: true,
      corsEnabled: false,
      bypassCSP: false,
      allowServiceWorkers: false,
      stream: false,
    },
  },
]

/** Answers `app://queuescope/...` from the fixed map of built files, with the policy on every response. */
export function appProtocolHandler(files: StaticFiles): (request: Request) => Response {
  const headers = securityHeaders("'none'")
  return (request) => {
    if (!isOwnPage(request.url)) return new Response(null, { status: 400, headers })
    if (request.method !== 'GET') return new Response(null, { status: 405, headers })
    // The raw text, not the parsed path: dots and encodings that a parser would resolve match nothing.
    const path = request.url.slice(`${appScheme}://queuescope`.length).split(/[?#]/, 1)[0] ?? ''
    const file = findStatic(files, path === '' ? '/' : path)
    if (!file) return new Response(null, { status: 404, headers })
    return new Response(file.body, { status: 200, headers: { ...headers, 'content-type': file.type } })
  }
}
