import { randomUUID } from 'node:crypto'
import { Failure } from '@shared/failure'
import { type Environment, type EnvironmentInput, Profile } from '@shared/model/environment'
import { effectiveTier, tlsOf } from '@shared/model/tier'
import { z } from 'zod'
import type { DeclaredEnvironment } from './declared-environments'
import type { JsonFile } from './json-file'
import { SecretReference, type Secrets } from './secrets'

const Saved = z.object({ id: z.string(), environment: Profile, password: SecretReference })
type Saved = z.infer<typeof Saved>

export const EnvironmentsDocument = z.object({ version: z.literal(1), environments: z.array(Saved) })
export type EnvironmentsDocument = z.infer<typeof EnvironmentsDocument>

export interface EnvironmentsOptions {
  readonly file: JsonFile<EnvironmentsDocument>
  readonly secrets: Secrets
  readonly declared: readonly DeclaredEnvironment[]
  /** The built-in ones, while they run. */
  readonly sandbox: readonly SandboxEnvironment[]
}

/** An environment that the sandbox plays: its own servers, in memory, gone with the console. */
export interface SandboxEnvironment {
  readonly id: string
  readonly environment: Profile
  /** What a client must show the sandbox's own server; it guards nothing. */
  readonly password: string | null
}

export const sandboxId = 'sandbox'

/** The saved, the declared and the sandbox connection, under one roof. Secrets stay references here. */
export class Environments {
  private saved: readonly Saved[] = []
  private readonly listeners = new Set<() => void>()

  private constructor(private readonly options: EnvironmentsOptions) {}

  static async open(options: EnvironmentsOptions): Promise<Environments> {
    const environments = new Environments(options)
    environments.saved = (await options.file.read()).environments
    return environments
  }

  list(): readonly Environment[] {
    const view =
      (origin: Environment['origin']) =>
      (each: Saved | DeclaredEnvironment): Environment => ({
        id: each.id,
        ...each.environment,
        effectiveTier: effectiveTier(each.environment),
        password: this.options.secrets.view(each.id, each.password),
        origin,
      })
    return [...this.sandbox(), ...this.options.declared.map(view('declared')), ...this.saved.map(view('saved'))]
  }

  /** Throws Failure 'not-found'. */
  get(id: string): Environment {
    const found = this.list().find((environment) => environment.id === id)
    if (!found)
      throw new Failure({ code: 'not-found', message: 'This environment is not known here any more.', subject: id })
    return found
  }

  async save(id: string | null, input: EnvironmentInput): Promise<Environment> {
    const before = id === null ? undefined : this.editable(id)
    if (this.list().some((other) => other.id !== id && other.name === input.name)) {
      throw new Failure({
        code: 'conflict',
        message: `There is an environment named ${input.name} already.`,
        subject: 'name',
      })
    }
    this.refuseUnverifiedProduction(input)
    const { password, ...environment } = input
    const key = id ?? randomUUID()
    const reference = await this.options.secrets.accept(key, password, before?.password ?? { kind: 'none' })
    const saved: Saved = { id: key, environment, password: reference }
    await this.write(before ? this.saved.map((each) => (each.id === key ? saved : each)) : [...this.saved, saved])
    return this.get(key)
  }

  async remove(id: string): Promise<void> {
    this.editable(id)
    await this.write(this.saved.filter((each) => each.id !== id))
    this.options.secrets.forget(id)
  }

  /** The password to connect with; throws a Failure that names the reference. */
  async password(id: string): Promise<string | null> {
    const played = this.options.sandbox.find((each) => each.id === id)
    if (played) return played.password
    const found = [...this.options.declared, ...this.saved].find((each) => each.id === id)
    return found ? await this.options.secrets.resolve(id, found.password) : null
  }

  /** The password for a test of a form that may not be saved yet; 'keep' means what `id` has now. */
  async passwordFor(id: string | null, input: EnvironmentInput['password']): Promise<string | null> {
    switch (input.kind) {
      case 'none':
        return null
      case 'keep':
        return id === null ? null : await this.password(id)
      case 'session':
      case 'stored':
        return input.value
      case 'env':
      case 'file':
        return await this.options.secrets.resolve('test', input)
    }
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private sandbox(): readonly Environment[] {
    return this.options.sandbox.map(({ id, environment }) => ({
      id,
      ...environment,
      effectiveTier: 'dev',
      password: { kind: 'none', set: false, reference: null },
      origin: 'sandbox',
    }))
  }

  private editable(id: string): Saved {
    const found = this.saved.find((each) => each.id === id)
    if (found) return found
    const { name, origin } = this.get(id)
    const where = origin === 'sandbox' ? 'is built in' : 'is declared in the environments file'
    throw new Failure({ code: 'unsupported', message: `${name} ${where} and cannot be changed here.`, subject: id })
  }

  private refuseUnverifiedProduction(input: EnvironmentInput): void {
    const tls = tlsOf(input)
    if (!tls?.enabled || tls.verify || effectiveTier(input) !== 'production') return
    throw new Failure({
      code: 'tls',
      message: 'A production environment must verify the server’s certificate.',
      hint: 'Name the authority’s PEM file instead.',
      subject: 'tls.verify',
    })
  }

  private async write(saved: readonly Saved[]): Promise<void> {
    await this.options.file.write({ version: 1, environments: [...saved] })
    this.saved = saved
    for (const listener of this.listeners) listener()
  }
}
