import type { KeyStore } from './storage/secrets'

/** What a shell gives the core; the desktop shell and Node each have one. */
export interface Host {
  readonly shell: 'desktop' | 'browser'
  readonly version: string
  readonly dataFolder: string
  readonly keyStore: KeyStore
}
