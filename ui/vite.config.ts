import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The portal serves the page; during development Vite serves it and forwards API calls. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A polyfill would be another script; every supported browser preloads modules.
    modulePreload: { polyfill: false },
  },
})
