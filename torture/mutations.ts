// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of files that hold templates.

/** A bug as somebody could have written it: `find` stands exactly once in `file`. The tests must fail once it is `replace`. */
export interface Mutation {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Where it can be seen, when not in the driver's own tests. */
  readonly tests?: readonly string[]
}

const driver = 'src-main/brokers/drivers/redis'
const scripts = `${driver}/scripts`
const skewedClock = 'src-main/engine/skewed-clock.broker.test.ts'

export const mutations: readonly Mutation[] = [
  {
    name: 'ack without fence',
    file: `${scripts}/rich-lease.ts`,
    find: "local record = redis.call('HGET', key('leased'), ARGV[${at}])",
    replace: "local record = redis.call('HGET', key('leased'), ARGV[${at}]) or redis.call('HVALS', key('leased'))[1]",
  },
  {
    name: 'a move that is not atomic',
    file: 'src-main/brokers/clients/transaction.ts',
    find: `    redis.multi({ pipeline: false }),
    ...steps.map(([name, key, ...args]) =>
      isText(args) ? sendTextCommand(redis, name, key, args) : redis.call(name, key, ...args),
    ),
    redis.exec(),
`,
    replace: `    ...steps.map(([name, key, ...args]) =>
      isText(args) ? sendTextCommand(redis, name, key, args) : redis.call(name, key, ...args),
    ),
    Promise.resolve(null),
`,
    tests: [`${driver}/cuts.broker.test.ts`],
  },
  {
    name: "the client's clock",
    file: `${driver}/schedules.ts`,
    find: 'const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)',
    replace: 'const now = Date.now() + Number(seconds) * 0 + Number(micros) * 0',
    tests: [skewedClock],
  },
  {
    name: 'attempts not counted',
    file: `${scripts}/settle.ts`,
    find: 'attempts = delay < 0 and 0 or attemptsIn(found[n]) + 1 }))',
    replace: 'attempts = delay < 0 and 0 or attemptsIn(found[n]) }))',
  },
  {
    name: 'lease expiry ignored',
    file: `${scripts}/settle.ts`,
    find: "'-inf', text(now), 'LIMIT', 0, room)",
    replace: "'-inf', '+inf', 'LIMIT', 0, room)",
  },
  {
    name: 'fence used twice',
    file: `${scripts}/plain-lease.ts`,
    find: "  redis.call('HSET', KEYS[1], 'lease', id)\n",
    replace: '',
  },
  {
    name: 'priority reversed',
    file: `${scripts}/rich-lease.ts`,
    find: 'for priority = 0, ${priorities - 1} do\n    if room',
    replace: 'for priority = ${priorities - 1}, 0, -1 do\n    if room',
  },
  {
    name: 'delayed promoted too early',
    file: `${scripts}/moves.ts`,
    find: 'text(now * 16 + 15)',
    replace: 'text((now + 3600000) * 16 + 15)',
  },
  {
    name: 'a dead letter loses its stack',
    file: `${scripts}/settle.ts`,
    find: 'stack = ARGV[i + 3],',
    replace: "stack = '',",
  },
  {
    name: 'a replay keeps the attempts',
    file: `${scripts}/settle.ts`,
    find: 'attempts = delay < 0 and 0 or attemptsIn(found[n]) + 1',
    replace: 'attempts = attemptsIn(found[n]) + 1',
  },
  {
    name: 'a replay takes what died meanwhile',
    file: `${scripts}/moves.ts`,
    find: "if high == '' then high = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2] or '0' end",
    replace: "if high == '' then high = '+inf' end",
  },
  {
    name: 'dedup window not set',
    file: `${scripts}/enqueue.ts`,
    find: "for _, each in ipairs(keep) do redis.call('SET', key('dedup:' .. each[1]), each[2], 'PX', each[3]) end",
    replace: '',
  },
  {
    name: 'own id not freed',
    file: `${scripts}/fragments.ts`,
    find: "if #names > 0 then redis.call('HDEL', key('names'), unpack(names)) end",
    replace: '',
  },
  {
    name: 'a group let go before the retry',
    file: `${scripts}/settle.ts`,
    find: 'else due[#due + 1] = text((now + delay) * 16 + priority); due[#due + 1] = id end',
    replace: 'else free(id); due[#due + 1] = text((now + delay) * 16 + priority); due[#due + 1] = id end',
  },
  {
    name: 'a group never let go',
    file: `${scripts}/fragments.ts`,
    find: "if own.freed then redis.call('HDEL', key('busy'), group) end",
    replace: '',
  },
  {
    name: 'two in flight per group',
    file: `${scripts}/rich-lease.ts`,
    find: "if grouped > 0 then redis.call('HSET', key('busy'), unpack(flat)) end",
    replace: '',
  },
  {
    name: 'limit off by one',
    file: `${scripts}/rich-lease.ts`,
    find: 'math.max(limit - total, 0)',
    replace: 'math.max(limit - total + 1, 0)',
  },
  {
    name: 'kept results not trimmed',
    file: `${scripts}/rich-lease.ts`,
    find: 'if excess > 0 then',
    replace: 'if false then',
  },
  {
    name: 'a child counted twice',
    file: `${scripts}/families.ts`,
    find: "if count and not seen[child] and redis.call('HEXISTS', key('kids'), child) == 0 then",
    replace: 'if count then',
  },
  {
    name: 'a schedule fired twice',
    file: `${scripts}/enqueue.ts`,
    find: "if tonumber(redis.call('ZSCORE', ticks, ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return 0 end",
    replace: '',
  },
  {
    name: 'a purge takes what came later',
    file: `${scripts}/erase.ts`,
    find: 'local function isLater(id) return numberOf(id) > tonumber(high) end',
    replace: 'local function isLater(id) return false end',
  },
  {
    name: 'a browsing cursor repeats',
    file: `${driver}/paging.ts`,
    find: '`(${number(after)}`',
    replace: '`${number(after)}`',
  },
  {
    name: 'edit without compare',
    file: `${scripts}/mend.ts`,
    find: "if redis.call('HGET', key('payload'), id) ~= ARGV[2] then return -1 end",
    replace: '',
  },
  { name: 'pause ignored', file: `${scripts}/plain-lease.ts`, find: 'if not state[1] then', replace: 'if true then' },
  {
    name: 'a lost lease extended',
    file: `${scripts}/plain-lease.ts`,
    find: "if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 or not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end",
    replace: '',
  },
  {
    name: 'no marker for idle workers',
    file: `${scripts}/plain-enqueue.ts`,
    find: "if marks == 0 and waiting == 0 then redis.call('RPUSH', KEYS[3], '1') end",
    replace: '',
  },
  {
    name: 'out of memory stops what is at work',
    file: `${scripts}/fragments.ts`,
    find: "redis.call('HDEL', ${hashKey}, '')",
    replace: '',
    tests: [`${driver}/cuts.broker.test.ts`],
  },
  {
    name: 'retry delay in seconds for milliseconds',
    file: 'src-main/engine/outcome.ts',
    find: 'inMs: Math.max(Math.round(inMs), 0)',
    replace: 'inMs: Math.max(Math.round(inMs / 1000), 0)',
    tests: ['src-main/engine/outcome.test.ts'],
  },
  {
    name: 'nack of a stale lease accepted',
    file: `${scripts}/settle.ts`,
    find: 'if not record then return table.concat(marks) end',
    replace: "if not record then return string.rep('1', #marks) end",
  },
  {
    name: 'a parcel opened and not removed',
    file: `${scripts}/parcels.ts`,
    find: "  redis.call('HDEL', key('parcels'), first)\n",
    replace: '',
  },
  {
    name: 'a parcel acked as a whole whatever the lease still holds',
    file: `${scripts}/plain-lease.ts`,
    find: 'if #ack.ids + ack.parceled ~= ack.whole then return -4 end',
    replace: 'if ack.parceled == 0 and #ack.ids ~= ack.whole then return -4 end',
  },
  {
    name: 'history without bound',
    file: `${scripts}/fragments.ts`,
    find: 'if events >= ${longestHistory} then',
    replace: 'if false then',
  },
]
