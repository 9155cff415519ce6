import type { Profile } from '@shared/model/environment'
import type { Connection } from './connection'
import { openRedis } from './open-redis'

/** What only the moment of connecting may know. */
export interface Keys {
  readonly password: string | null
  /** The code of an MFA device, taken once; null: nobody gave one. */
  readonly mfaCode: () => string | null
}

/** Connects to whatever broker the profile names, or throws a Failure that says what a person can do. */
export async function openConnection(profile: Profile, { password }: Keys): Promise<Connection> {
  switch (profile.kind) {
    case 'redis':
      return await openRedis(profile, password)
    case 'sqs':
    case 'rabbitmq':
      throw new Error(`${profile.kind} is not wired yet`)
  }
}
