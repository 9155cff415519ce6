import { join, resolve } from 'node:path'
import { isFailure } from '@shared/failure'
import * as electron from 'electron'
import { openConsole } from './console'
import { startDesktop } from './desktop'
import { desktopKeyStore } from './desktop-key-store'
import { readStaticFiles } from './rpc/static-files'
import { createLog } from './runtime/log'

/** The desktop shell's entry: hands Electron's parts to the core and to the shell. */
const { app, dialog, safeStorage } = electron
if (process.env.QUEUESCOPE_HOME) app.setPath('userData', process.env.QUEUESCOPE_HOME)
const log = createLog((line) => process.stderr.write(line))

startDesktop({
  electron,
  preload: join(import.meta.dirname, '../preload/preload.cjs'),
  readFiles: () => readStaticFiles(resolve(import.meta.dirname, '../renderer')),
  openConsole: () =>
    openConsole({
      host: {
        shell: 'desktop',
        version: app.getVersion(),
        dataFolder: app.getPath('userData'),
        keyStore: desktopKeyStore(safeStorage, process.platform),
      },
      log,
      variables: process.env,
      sandbox: process.argv.includes('--sandbox') ? 'show' : 'offer',
    }),
  onFailure: (error) => {
    log.error('the console could not start', error)
    const message = isFailure(error) ? `${error.message}\n${error.hint ?? ''}` : 'Its log has the details.'
    dialog.showErrorBox('Queuescope could not start', message)
  },
}).catch((error: unknown) => {
  log.error('the desktop shell failed', error)
  app.exit(1)
})
