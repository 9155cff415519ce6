import { readFile, stat } from 'node:fs/promises'
import { Failure } from '@shared/failure'
import type { SecretInput, SecretView } from '@shared/model/environment'
import { z } from 'zod'

/** What is written to disk of a secret: where it comes from, or its ciphertext. */
export const SecretReference = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('session') }),
  z.object({ kind: z.literal('env'), name: z.string() }),
  z.object({ kind: z.literal('file'), path: z.string() }),
  z.object({ kind: z.literal('stored'), ciphertext: z.string() }),
])
export type SecretReference = z.infer<typeof SecretReference>

/** The operating system's key store, where there is a real one. Base64 ciphertext. */
export interface KeyStore {
  availability(): Promise<{ readonly available: boolean; readonly reason: string | null }>
  encrypt(text: string): Promise<string>
  decrypt(ciphertext: string): Promise<string>
}

/**
 * Turns references into secrets, at the moment of connecting and for nobody else. Session secrets live in this object
 * and end with it.
 */
export class Secrets {
  readonly #session = new Map<string, string>()

  constructor(
    private readonly keyStore: KeyStore,
    private readonly variables: Readonly<Record<string, string | undefined>>,
  ) {}

  /** What to write down for a secret that was given; `before` is what stood there. Remembers a session secret under `id`. */
  async accept(id: string, input: SecretInput, before: SecretReference): Promise<SecretReference> {
    if (input.kind === 'keep') return before
    if (input.kind !== 'session') this.#session.delete(id)
    switch (input.kind) {
      case 'none':
        return { kind: 'none' }
      case 'session':
        this.#session.set(id, input.value)
        return { kind: 'session' }
      case 'env':
        return { kind: 'env', name: input.name }
      case 'file':
        return { kind: 'file', path: input.path }
      case 'stored':
        return { kind: 'stored', ciphertext: await this.encrypt(input.value) }
    }
  }

  /** The secret, or null when there is none. Throws a Failure that names the reference, never its content. */
  async resolve(id: string, reference: SecretReference): Promise<string | null> {
    switch (reference.kind) {
      case 'none':
        return null
      case 'session': {
        const secret = this.#session.get(id)
        if (secret === undefined) {
          throw new Failure({
            code: 'auth',
            message: 'The password was kept for the last session only.',
            hint: 'Type it again under Environments.',
          })
        }
        return secret
      }
      case 'env': {
        const secret = this.variables[reference.name]
        if (secret === undefined || secret === '') {
          throw new Failure({
            code: 'auth',
            message: `The variable ${reference.name} is not set.`,
            hint: `Start Queuescope with ${reference.name} set, or choose another source.`,
            subject: reference.name,
          })
        }
        return secret
      }
      case 'file':
        return await readSecretFile(reference.path)
      case 'stored':
        return await this.keyStore.decrypt(reference.ciphertext)
    }
  }

  view(id: string, reference: SecretReference): SecretView {
    switch (reference.kind) {
      case 'none':
        return { kind: 'none', set: false, reference: null }
      case 'session':
        return { kind: 'session', set: this.#session.has(id), reference: null }
      case 'env':
        return { kind: 'env', set: Boolean(this.variables[reference.name]), reference: reference.name }
      case 'file':
        return { kind: 'file', set: true, reference: reference.path }
      case 'stored':
        return { kind: 'stored', set: true, reference: null }
    }
  }

  forget(id: string): void {
    this.#session.delete(id)
  }

  private async encrypt(text: string): Promise<string> {
    const { available, reason } = await this.keyStore.availability()
    if (!available) {
      throw new Failure({
        code: 'unsupported',
        message: reason ?? 'This system has no key store.',
        hint: 'Keep it for this session, or refer to a variable or a file.',
      })
    }
    return await this.keyStore.encrypt(text)
  }
}

/** A shell without a key store: nothing is kept, and it says so. */
export const noKeyStore = (reason: string): KeyStore => {
  const refuse = () => Promise.reject(new Failure({ code: 'unsupported', message: reason }))
  return { availability: async () => ({ available: false, reason }), encrypt: refuse, decrypt: refuse }
}

/** A secret in a file that only its owner may read; one trailing newline is not part of it. */
async function readSecretFile(path: string): Promise<string> {
  const refuse = (message: string, hint: string, cause?: unknown) =>
    new Failure({ code: 'auth', message, hint, subject: path }, { cause })
  let info: Awaited<ReturnType<typeof stat>>
  try {
    info = await stat(path)
  } catch (error) {
    throw refuse(`The secret file ${path} cannot be read.`, 'Check the path and who may read it.', error)
  }
  if (!info.isFile()) throw refuse(`${path} is not a file.`, 'Name a file that holds the secret and nothing else.')
  if (process.platform !== 'win32') {
    if ((info.mode & 0o077) !== 0) throw refuse(`Others may read the secret file ${path}.`, `Run: chmod 600 ${path}`)
    const own = process.getuid?.()
    if (own !== undefined && info.uid !== own)
      throw refuse(`The secret file ${path} belongs to somebody else.`, 'It must belong to you.')
  }
  if (info.size > 64 * 1024)
    throw refuse(
      `The secret file ${path} is larger than 64 KiB.`,
      'Name a file that holds the secret and nothing else.',
    )
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
}
