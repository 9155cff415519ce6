import { hexLine, hexLineCount } from '@shared/payload/hex'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'

const lineHeight = 18
/** Sixteen bytes, their offset and their text need this many pixels. */
const wideEnough = 590

/** Bytes nobody could read as text, offset by offset; only the lines in view exist. */
export function HexView({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string }) {
  const scroller = useRef<HTMLDivElement>(null)
  const perLine = useRoom(scroller) >= wideEnough ? 16 : 8
  const lines = useVirtualizer({
    count: hexLineCount(bytes, perLine),
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
    useFlushSync: false,
  })
  return (
    <section
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
      className="min-h-0 flex-1 overflow-auto bg-canvas px-3 py-2"
    >
      <div className="relative font-mono text-12" style={{ height: lines.getTotalSize() }}>
        {lines.getVirtualItems().map((item) => (
          <pre
            key={item.index}
            className="absolute top-0 left-0 leading-[18px]"
            style={{ transform: `translateY(${item.start}px)` }}
          >
            {hexLine(bytes, item.index, perLine)}
          </pre>
        ))}
      </div>
    </section>
  )
}

function useRoom(ref: RefObject<HTMLElement | null>): number {
  const [room, setRoom] = useState(0)
  useLayoutEffect(() => {
    if (!ref.current) return
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width))
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [ref])
  return room
}
