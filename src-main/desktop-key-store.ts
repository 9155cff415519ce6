import { Failure } from '@shared/failure'
import type { SafeStorage } from 'electron'
import type { KeyStore } from './storage/secrets'

/** Linux without a secret service encrypts with a key that anybody knows: that is no store. */
const notReal = ['basic_text', 'unknown']

/** The operating system's key store through Electron's asynchronous calls. Refused where it would only pretend to protect. */
export function desktopKeyStore(safeStorage: SafeStorage, platform: NodeJS.Platform): KeyStore {
  const availability = async () => {
    if (!(await safeStorage.isAsyncEncryptionAvailable()))
      return { available: false, reason: 'This system’s key store cannot be used.' }
    if (platform === 'linux' && notReal.includes(safeStorage.getSelectedStorageBackend())) {
      return { available: false, reason: 'This system has no key store (no Secret Service or KWallet).' }
    }
    return { available: true, reason: null }
  }
  const assertAvailable = async () => {
    const { available, reason } = await availability()
    if (!available)
      throw new Failure({
        code: 'unsupported',
        message: reason ?? 'No key store.',
        hint: 'Refer to a variable or a file instead.',
      })
  }
  return {
    availability,
    async encrypt(text) {
      await assertAvailable()
      return (await safeStorage.encryptStringAsync(text)).toString('base64')
    },
    async decrypt(ciphertext) {
      await assertAvailable()
      const { result } = await safeStorage.decryptStringAsync(Buffer.from(ciphertext, 'base64'))
      return result
    },
  }
}
