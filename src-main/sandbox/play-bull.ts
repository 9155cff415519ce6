import Bull from 'bull'
import { waitByMove } from './moving-wait'
import { failed } from './scenes'
import { aboutMs, again, next, pick } from './story'

/** An older service that renders avatars on Bull 4; some pictures are broken. */
export async function playBull(port: number): Promise<void> {
  const queue = new Bull('avatars', {
    redis: { host: '127.0.0.1', port },
    defaultJobOptions: { attempts: 2, backoff: 2_000, removeOnComplete: 50 },
  })
  queue.on('error', () => {})
  waitByMove(queue)
  void queue.process(2, async ({ data }: { data: { file: string } }) => {
    await aboutMs(400)
    if (data.file.endsWith('.heic')) {
      throw failed('UnsupportedImageError', `cannot read ${data.file}: unknown brand "heix"`, [
        'decode (/srv/media/src/decode.js:88:13)',
        'resize (/srv/media/src/resize.js:17:22)',
      ])
    }
    return { width: 320 }
  })
  await again(1, () =>
    queue.add(
      { file: `upload-${next()}.${pick(['jpg', 'png', 'jpg', 'heic'])}`, sizes: [320, 640] },
      { priority: pick([1, 5]) },
    ),
  )
}
