import { z } from 'zod'
import { read, write } from './procedure'

export const SystemInfo = z.object({
  version: z.string(),
  shell: z.enum(['desktop', 'browser']),
  platform: z.string(),
  dataFolder: z.string(),
  /** Whether "stored" secrets can be kept by the operating system here, and if not, why. */
  secretStore: z.object({ available: z.boolean(), reason: z.string().nullable() }),
})
export type SystemInfo = z.infer<typeof SystemInfo>

export const Preferences = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** `environmentId + ' ' + queueKey`, in the order in which they were pinned. */
  pinned: z.array(z.string()).max(1000),
  lastEnvironmentId: z.string().nullable(),
})
export type Preferences = z.infer<typeof Preferences>

export const systemContract = {
  info: read.output(SystemInfo),
  preferences: read.output(Preferences),
  setPreferences: write.input(Preferences.partial()).output(Preferences),
}
