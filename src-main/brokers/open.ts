import type { Profile } from '@shared/model/environment'
import type { Connection } from './connection'
import type { Keys } from './keys'
import { openRabbitmq } from './open-rabbitmq'
import { openRedis } from './open-redis'
import { openSqs } from './open-sqs'

/** Connects to whatever broker the profile names, or throws a Failure that says what a person can do. */
export async function openConnection(profile: Profile, keys: Keys): Promise<Connection> {
  switch (profile.kind) {
    case 'redis':
      return await openRedis(profile, keys.password)
    case 'sqs':
      return await openSqs(profile, keys)
    case 'rabbitmq':
      return await openRabbitmq(profile, keys.password)
  }
}
