import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const from = (path: string) => resolve(import.meta.dirname, path)
const alias = { '@shared': from('src-shared') }

export default defineConfig({
  main: {
    resolve: { alias },
    build: {
      outDir: from('out/main'),
      sourcemap: true,
      rolldownOptions: {
        input: {
          main: from('src-main/main.ts'),
          headless: from('src-main/headless.ts'),
          engine: from('src-main/engine/engine.ts'),
          'sandbox-child': from('src-main/engine/sandbox-child.ts'),
          'database-worker': from('src-main/storage/database-worker.ts'),
          'sandbox-worker': from('src-main/sandbox/sandbox-worker.ts'),
        },
      },
    },
  },
  preload: {
    resolve: { alias },
    build: {
      outDir: from('out/preload'),
      // A sandboxed preload is one CommonJS file that may require nothing but 'electron'.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: from('src-main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: from('src-renderer'),
    resolve: { alias },
    plugins: [react(), tailwindcss()],
    build: {
      outDir: from('out/renderer'),
      minify: true,
      // One window, loaded once from this machine: the charts' library may come with it.
      chunkSizeWarningLimit: 1_500,
      // Inlined assets would be data: URLs in scripts; the content security policy allows none there.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { index: from('src-renderer/index.html') } },
    },
    server: { host: '127.0.0.1', port: 5173, strictPort: true },
  },
})
