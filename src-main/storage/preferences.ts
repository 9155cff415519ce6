import { Preferences } from '@shared/rpc/system-contract'
import { type JsonFile, jsonFile } from './json-file'

const standard: Preferences = { theme: 'system', pinned: [], lastEnvironmentId: null }

/** Small choices that outlive a window: theme, pins, the last environment. */
export class PreferencesStore {
  private constructor(
    private readonly file: JsonFile<Preferences>,
    private current: Preferences,
  ) {}

  static async open(path: string, notice: (message: string) => void): Promise<PreferencesStore> {
    const file = jsonFile({ path, schema: Preferences, empty: standard, notice })
    return new PreferencesStore(file, await file.read())
  }

  get(): Preferences {
    return this.current
  }

  async set(change: Partial<Preferences>): Promise<Preferences> {
    const next = { ...this.current, ...change }
    await this.file.write(next)
    this.current = next
    return next
  }
}
