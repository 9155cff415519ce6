import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { type ContractRouterClient, oc } from '@orpc/contract'
import { implement } from '@orpc/server'
import { StandardRPCHandler } from '@orpc/server/standard'
import { duplexLink } from '@shared/rpc/link'
import { type DomLikePort, messagePortCarrier } from '@shared/rpc/message-port'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { appProtocolHandler, appSchemes } from './app-protocol'
import { type ElectronParts, startDesktop } from './desktop'
import type { ConsoleContext } from './rpc/api'
import { windowOptions } from './window'
import { guardContents, guardSession, isOwnPage } from './window-policy'

const contract = { ping: oc.output(z.string()) }
const os = implement(contract).$context<ConsoleContext>()
const handler = new StandardRPCHandler(os.router({ ping: os.ping.handler(() => 'pong') }), {})

const files = new Map([
  ['/index.html', { body: new TextEncoder().encode('<!doctype html>'), type: 'text/html; charset=utf-8' }],
  ['/assets/a.js', { body: new TextEncoder().encode('1'), type: 'text/javascript; charset=utf-8' }],
])

/** A worker_threads port in the clothes of Electron's MessagePortMain: events carry `data`. */
class PortMain extends EventEmitter {
  constructor(private readonly port: MessagePort) {
    super()
    port.on('message', (data) => this.emit('message', { data }))
    port.on('close', () => this.emit('close'))
  }
  postMessage(data: unknown) {
    this.port.postMessage(data)
  }
  start() {
    this.port.start()
  }
  close() {
    this.port.close()
  }
}

class Contents extends EventEmitter {
  posted: { channel: string; ports: MessagePort[] }[] = []
  openHandler: ((details: { url: string }) => { action: string }) | undefined
  setWindowOpenHandler(open: (details: { url: string }) => { action: string }) {
    this.openHandler = open
  }
  postMessage(channel: string, _message: unknown, ports: MessagePort[]) {
    this.posted.push({ channel, ports })
  }
  getURL() {
    return 'app://queuescope/index.html'
  }
}

class FakeSession extends EventEmitter {
  request:
    | ((
        contents: unknown,
        permission: string,
        decide: (granted: boolean) => void,
        details: { isMainFrame: boolean },
      ) => void)
    | undefined
  check:
    | ((contents: unknown, permission: string, origin: string, details: { isMainFrame: boolean }) => boolean)
    | undefined
  device: (() => boolean) | undefined
  protocol = { handle: vi.fn() }
  setPermissionRequestHandler(decide: FakeSession['request']) {
    this.request = decide
  }
  setPermissionCheckHandler(decide: FakeSession['check']) {
    this.check = decide
  }
  setDevicePermissionHandler(decide: () => boolean) {
    this.device = decide
  }
}

function fakeElectron(isFirst = true) {
  const calls: string[] = []
  const session = new FakeSession()
  const windows: { options: unknown; webContents: Contents; loaded: string[]; events: EventEmitter }[] = []
  const app = Object.assign(new EventEmitter(), {
    isPackaged: true,
    requestSingleInstanceLock: () => isFirst,
    enableSandbox: () => calls.push('enableSandbox'),
    whenReady: async () => calls.push('ready'),
    quit: () => calls.push('quit'),
    exit: (code: number) => calls.push(`exit ${code}`),
  })
  class BrowserWindow extends EventEmitter {
    webContents = new Contents()
    loaded: string[] = []
    constructor(options: unknown) {
      super()
      windows.push({ options, webContents: this.webContents, loaded: this.loaded, events: this })
      app.emit('web-contents-created', {}, this.webContents)
    }
    loadURL(url: string) {
      this.loaded.push(url)
      return Promise.resolve()
    }
    isMinimized = () => true
    restore = () => calls.push('restore')
    focus = () => calls.push('focus')
    show = () => calls.push('show')
  }
  class MessageChannelMain {
    port1: PortMain
    port2: MessagePort
    constructor() {
      const { port1, port2 } = new MessageChannel()
      this.port1 = new PortMain(port1)
      this.port2 = port2
    }
  }
  const protocol = {
    registerSchemesAsPrivileged: (schemes: unknown) => calls.push(schemes === appSchemes ? 'schemes' : 'other schemes'),
  }
  const electron = {
    app,
    BrowserWindow,
    MessageChannelMain,
    protocol,
    session: { defaultSession: session },
  } as unknown as ElectronParts
  return { electron, calls, session, windows, app }
}

const start = (electron: ElectronParts, close = vi.fn(async () => {})) =>
  startDesktop({
    electron,
    preload: '/out/preload.cjs',
    readFiles: async () => files,
    openConsole: async () => ({ handler, close }),
    onFailure: () => {},
  })

describe('desktop shell', () => {
  it('registers its scheme and the sandbox before it is ready', async () => {
    const { electron, calls } = fakeElectron()
    await start(electron)
    expect(calls.slice(0, 3)).toEqual(['enableSandbox', 'schemes', 'ready'])
  })

  it('sends the window it loaded one port, and answers over it; a reload gets a fresh one', async () => {
    const { electron, windows } = fakeElectron()
    await start(electron)
    const [window] = windows
    expect(window?.loaded).toEqual(['app://queuescope/index.html'])
    for (const load of [0, 1]) {
      window?.webContents.emit('did-finish-load')
      const { channel, ports } = window?.webContents.posted[load] ?? { channel: '', ports: [] }
      expect(channel).toBe('queuescope:port')
      const client = createORPCClient<ContractRouterClient<typeof contract>>(
        duplexLink({ open: async () => messagePortCarrier(ports[0] as unknown as DomLikePort), isStream: () => false }),
      )
      expect(await client.ping()).toBe('pong')
    }
    window?.events.emit('closed')
  })

  it('is one: a second start shows the first and ends', async () => {
    const second = fakeElectron(false)
    await start(second.electron)
    expect(second.calls).toEqual(['quit'])
    const first = fakeElectron()
    await start(first.electron)
    first.app.emit('second-instance')
    expect(first.calls).toEqual(expect.arrayContaining(['restore', 'focus']))
  })

  it('puts the core down before it quits', async () => {
    const { electron, app, calls } = fakeElectron()
    const close = vi.fn(async () => {})
    await start(electron, close)
    const preventDefault = vi.fn()
    app.emit('before-quit', { preventDefault })
    expect(preventDefault).toHaveBeenCalledOnce()
    await vi.waitFor(() => expect(calls).toContain('quit'))
    expect(close).toHaveBeenCalledOnce()
  })

  it('says why the core did not start, and ends', async () => {
    const { electron, calls } = fakeElectron()
    const onFailure = vi.fn()
    await startDesktop({
      electron,
      preload: '/p',
      readFiles: async () => files,
      openConsole: () => Promise.reject(new Error('taken')),
      onFailure,
    })
    expect(onFailure).toHaveBeenCalledOnce()
    expect(calls).toContain('exit 1')
  })
})

describe('window', () => {
  it('states every setting', () => {
    expect(windowOptions({ preload: '/p', isPackaged: true }).webPreferences).toEqual({
      preload: '/p',
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
      devTools: false,
    })
  })

  const elsewhere = [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:app://queuescope/x',
    'app://evil/',
    'app://queuescope.evil/',
    'app://user@queuescope/',
    'app://queuescope:81/',
    'https://queuescope/',
    'about:blank',
    'app:queuescope',
    ' app://evil',
    '\\\\host\\share',
    '',
  ]

  it.each(elsewhere)('does not go to "%s"', (url) => {
    expect(isOwnPage(url)).toBe(false)
    const contents = new Contents()
    guardContents(contents as unknown as Electron.WebContents)
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      const preventDefault = vi.fn()
      contents.emit(event, { url, preventDefault })
      expect(preventDefault).toHaveBeenCalledOnce()
    }
    expect(contents.openHandler?.({ url })).toEqual({ action: 'deny' })
  })

  it('embeds nothing', () => {
    const contents = new Contents()
    guardContents(contents as unknown as Electron.WebContents)
    const preventDefault = vi.fn()
    contents.emit('will-attach-webview', { preventDefault })
    expect(preventDefault).toHaveBeenCalledOnce()
  })

  it('grants copying from the main frame and nothing else', () => {
    const session = new FakeSession()
    guardSession(session as unknown as Electron.Session)
    const granted = (permission: string, isMainFrame: boolean) => {
      let answer: boolean | undefined
      session.request?.(
        new Contents(),
        permission,
        (given) => {
          answer = given
        },
        { isMainFrame },
      )
      return [answer, session.check?.(new Contents(), permission, 'app://queuescope/', { isMainFrame })]
    }
    expect(granted('clipboard-sanitized-write', true)).toEqual([true, true])
    expect(granted('clipboard-sanitized-write', false)).toEqual([false, false])
    for (const permission of [
      'clipboard-read',
      'media',
      'geolocation',
      'notifications',
      'openExternal',
      'fullscreen',
      'hid',
      'serial',
      'usb',
      'midi',
      'unknown',
    ]) {
      expect(granted(permission, true)).toEqual([false, false])
    }
    expect(session.device?.()).toBe(false)
    const preventDefault = vi.fn()
    session.emit('will-download', { preventDefault })
    expect(preventDefault).toHaveBeenCalledOnce()
  })
})

describe('app protocol', () => {
  const answer = appProtocolHandler(files)
  const get = (url: string) => answer(new Request(url))

  it('serves the built files with the policy', async () => {
    const response = get('app://queuescope/index.html#/x')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('<!doctype html>')
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'none'")
    expect(get('app://queuescope/assets/a.js').headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('serves nothing else, however it is written', () => {
    const steps = [
      '..',
      '.',
      '%2e%2e',
      '%2E%2e',
      '..%2f',
      '%5c..',
      '..\\',
      '%00',
      'C:',
      '::$DATA',
      '~',
      'INDEX.HTML',
      'index.html%00',
      'index.html/',
      'assets',
      'package.json',
    ]
    const paths = steps
      .flatMap((a) => steps.map((b) => `/${a}/${b}`))
      .concat(
        steps.map((step) => `//${step}`),
        steps.map((step) => `/assets/${step}/a.js`),
      )
    expect(paths.length).toBeGreaterThan(280)
    // A URL parser may fold dots by itself; what it folds to must be a file of the map, or nothing.
    const served = paths.filter((path) => get(`app://queuescope${path}`).status === 200)
    const folded = (path: string) => new URL(`app://queuescope${path}`).pathname
    expect(served.filter((path) => !['', '/'].includes(folded(path)) && !files.has(folded(path)))).toEqual([])
    expect(get('app://queuescope/none').status).toBe(404)
    expect(get('app://evil/index.html').status).toBe(400)
    expect(answer(new Request('app://queuescope/index.html', { method: 'POST' })).status).toBe(405)
  })

  it('is a standard, secure scheme without exceptions', () => {
    expect(appSchemes).toEqual([
      {
        scheme: 'app',
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
    ])
  })
})
