import type { SafeStorage } from 'electron'
import { describe, expect, it } from 'vitest'
import { desktopKeyStore } from './desktop-key-store'

const storage = (isAvailable: boolean, backend: string) =>
  ({
    isAsyncEncryptionAvailable: async () => isAvailable,
    getSelectedStorageBackend: () => backend,
    encryptStringAsync: async (text: string) => Buffer.from(text).reverse(),
    decryptStringAsync: async (bytes: Buffer) => ({
      result: Buffer.from(bytes).reverse().toString(),
      shouldReEncrypt: false,
    }),
  }) as unknown as SafeStorage

describe('desktop key store', () => {
  it('gives back what it took', async () => {
    const store = desktopKeyStore(storage(true, 'gnome_libsecret'), 'linux')
    expect(await store.decrypt(await store.encrypt('s3cret'))).toBe('s3cret')
  })

  it.each([
    [true, 'basic_text', 'linux'],
    [true, 'unknown', 'linux'],
    [false, 'gnome_libsecret', 'linux'],
    [false, 'unknown', 'darwin'],
  ] as const)('refuses when available is %s with %s on %s', async (isAvailable, backend, platform) => {
    const store = desktopKeyStore(storage(isAvailable, backend), platform)
    expect(await store.availability()).toMatchObject({ available: false })
    await expect(store.encrypt('s3cret')).rejects.toMatchObject({ code: 'unsupported' })
    await expect(store.decrypt('x')).rejects.toMatchObject({ code: 'unsupported' })
  })
})
