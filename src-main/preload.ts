import { contextBridge, ipcRenderer } from 'electron'

/**
 * The desktop window's only bridge: one frozen object with one function. The core sends one end of a channel to the window
 * that it has itself loaded; the page takes it over as soon as it is ready for it. No ipcRenderer and no event reaches the page.
 */
const portMessage = 'queuescope:port'

let port: MessagePort | undefined
let isPageReady = false

const handOver = () => {
  if (!port || !isPageReady) return
  window.postMessage(portMessage, window.location.origin, [port])
  port = undefined
}

ipcRenderer.on(portMessage, (event) => {
  port = event.ports[0]
  handOver()
})

contextBridge.exposeInMainWorld(
  'queuescope',
  Object.freeze({
    ready: () => {
      isPageReady = true
      handOver()
    },
  }),
)
