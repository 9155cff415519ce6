import { type DriverAbilities, driverAbilities, no, yes } from '../../driver-abilities'

const consumerGroups =
  'Every message of this layout is worked by one consumer. For several groups of consumers open the engine on Redis Streams.'

/** All but what needs groups of consumers. */
export const redisAbilities: DriverAbilities = {
  ...(Object.fromEntries(driverAbilities.map((ability) => [ability, yes])) as DriverAbilities),
  fanOut: no(consumerGroups),
  lag: no(consumerGroups),
}
