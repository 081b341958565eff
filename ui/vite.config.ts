import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page is served by the portal; while developing, Vite serves it and hands API calls on. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A polyfill would be one more script; every browser that runs this page preloads modules.
    modulePreload: { polyfill: false },
  },
})
